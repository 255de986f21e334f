#pragma once
// The same decoder written with ATen ops and differentiated by LibTorch autograd: the measure of
// jobs/model. Also makes random models and batches. torch types stay in oracle.cc.

#include <cstdint>
#include <string>
#include <vector>

#include "jobs/model/aligned_buffer.h"
#include "jobs/model/batch.h"
#include "jobs/model/config.h"
#include "jobs/model/layout.h"

namespace orch::model {

struct OracleResult {
  double loss = 0.0;
  std::vector<double> logits;    ///< (windows · length, vocabulary)
  std::vector<double> gradient;  ///< Layout::total, zeros in the gaps
};

enum class Precision { kFp64, kFp32 };

/// Loss sum, logits and gradient of the sum, with dense masks and no kernel of Orch.
OracleResult oracle(const Config& config, const Layout& layout, std::span<const float> parameters,
                    const Batch& batch, Precision precision);

/// Random normal values everywhere, biases and norms too, so that no gradient is trivially right.
AlignedBuffer random_parameters(const Layout& layout, std::uint64_t seed, double deviation);

/// Documents of random lengths packed into windows; about one label in eight is -1, and each
/// document's last.
Batch random_batch(const Config& config, int windows, int length, std::uint64_t seed);

}  // namespace orch::model
