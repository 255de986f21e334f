#pragma once
// The table of all ops of one device: what the engine calls, so that it runs on any form. The CUDA
// library's one exported C function returns the same struct (kernels/cuda_library.h). Tables are
// immutable and live for ever.
//
// All tensors are fp32, row-major, on the table's device; the last argument is the CUDA stream,
// null on a CPU. On a CPU a call runs in the caller's thread, on that thread alone. Results are
// bits that depend on the inputs only: not on the instruction set, a row's place in its batch,
// alignment or thread. Extents may be 0.

#include <cstdint>

#include "kernels/adamw.h"
#include "kernels/attention.h"
#include "kernels/cross_entropy.h"
#include "kernels/embedding.h"
#include "kernels/rms_norm.h"
#include "kernels/rope.h"
#include "kernels/softmax.h"
#include "kernels/swiglu.h"
#include "kernels/vector_sum.h"

namespace orch::kernels {

/// Rises with every change to Ops or to a signature in it.
inline constexpr std::uint32_t kOpsVersion = 2;

struct Ops {
  std::uint32_t version = kOpsVersion;
  const char* name = "";  ///< "avx512", "avx2", "baseline", "reference", "cuda"
  RmsNormForward* rms_norm_forward = nullptr;
  RmsNormBackward* rms_norm_backward = nullptr;
  Rope* rope = nullptr;
  SwigluForward* swiglu_forward = nullptr;
  SwigluBackward* swiglu_backward = nullptr;
  CrossEntropy* cross_entropy = nullptr;
  LogSoftmaxGather* log_softmax_gather = nullptr;
  SoftmaxMaskedForward* softmax_masked_forward = nullptr;
  SoftmaxMaskedBackward* softmax_masked_backward = nullptr;
  AttentionForward* attention_forward = nullptr;
  AttentionBackward* attention_backward = nullptr;
  AdamW* adamw = nullptr;
  EmbeddingGather* embedding_gather = nullptr;
  EmbeddingScatterAdd* embedding_scatter_add = nullptr;
  AddInto* add_into = nullptr;
  SumSquares* sum_squares = nullptr;
};

/// The fastest CPU form that this machine runs.
/// Thread: any.
const Ops& cpu_ops();

/// Every CPU form that this machine runs, fastest first: all give the same bits. `count` gets their
/// number.
const Ops* const* cpu_forms(int* count);

/// Plain loops, the measure of all other forms.
const Ops& reference_ops();

}  // namespace orch::kernels
