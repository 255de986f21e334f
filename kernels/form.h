#pragma once
// The functions of one form of the ops, in its own namespace: ORCH_FORM is set by the build to
// avx512, avx2, baseline, reference or cuda. form.cc, compiled once a form, gathers them into that
// form's table.

#include "kernels/ops.h"

#ifndef ORCH_FORM
#define ORCH_FORM reference
#endif
#define ORCH_FORM_TEXT_OF(form) #form
#define ORCH_FORM_TEXT(form) ORCH_FORM_TEXT_OF(form)

namespace orch::kernels::ORCH_FORM {

RmsNormForward rms_norm_forward;
RmsNormBackward rms_norm_backward;
Rope rope;
SwigluForward swiglu_forward;
SwigluBackward swiglu_backward;
CrossEntropy cross_entropy;
LogSoftmaxGather log_softmax_gather;
SoftmaxMaskedForward softmax_masked_forward;
SoftmaxMaskedBackward softmax_masked_backward;
AttentionForward attention_forward;
AttentionBackward attention_backward;
AdamW adamw;
EmbeddingGather embedding_gather;
EmbeddingScatterAdd embedding_scatter_add;
AddInto add_into;
SumSquares sum_squares;

/// The table of this form.
const Ops& table();

}  // namespace orch::kernels::ORCH_FORM
