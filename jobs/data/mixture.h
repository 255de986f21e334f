#pragma once
// The order of sources in a mixture: one period of Σw slots, computed once, repeated. At every
// prefix of n slots each source has been taken within one of n·w/Σw times. Pure; thread: any.

#include <cstdint>
#include <vector>

#include "base/result.h"

namespace orch::data {

inline constexpr std::uint32_t kMixtureWeightSumMax = 65'536;

class Mixture {
 public:
  /// Errors: kInvalid: no weights, a zero, or a sum over kMixtureWeightSumMax.
  static Result<Mixture> create(const std::vector<std::uint32_t>& weights);

  struct Draw {
    std::uint32_t source = 0;
    std::uint64_t occurrence = 0;  ///< how often this source was drawn before this slot
  };
  Draw draw(std::uint64_t slot) const;

 private:
  std::vector<std::uint32_t> weights_, source_, before_;
};

/// A permutation of [0, size) without a table: Feistel network with cycle walking.
/// Source: Black & Rogaway 2002, "Ciphers with arbitrary finite domains".
class Permutation {
 public:
  Permutation(std::uint64_t seed, std::uint64_t stream, std::uint64_t size);
  std::uint64_t operator()(std::uint64_t index) const;

 private:
  std::uint64_t key_, size_;
  int half_bits_;
};

}  // namespace orch::data
