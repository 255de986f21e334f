#pragma once
// The normal forms' tables of one Unicode version: decompositions, compositions, combining classes
// and quick-check flags. Only unicode_normalize.cc uses them. Immutable after construction.

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "jobs/tokenizer/two_stage.h"
#include "jobs/tokenizer/unicode_version.h"

namespace orch::tokenizer {

class Decompositions {
 public:
  explicit Decompositions(UnicodeVersion version);
  /// Made at first use. Lifetime: the program's.
  static const Decompositions& of(UnicodeVersion version);

  /// Bit f is set if the character may change in NormalForm f or with what precedes it.
  std::uint8_t flags(std::uint32_t code_point) const {
    return code_point < kDirect ? direct_[code_point] : flags_[code_point];
  }
  static constexpr std::uint8_t kReorders = 0x10;  ///< flag: combining class other than 0
  std::uint8_t combining(std::uint32_t code_point) const { return combining_[code_point]; }

  /// Full decomposition; empty if there is none. Hangul syllables are not in it.
  std::span<const std::uint32_t> decompose(std::uint32_t code_point, bool compatibility) const;
  /// 0 if the two do not compose.
  std::uint32_t compose(std::uint32_t first, std::uint32_t second) const;

 private:
  struct Entry {
    std::uint32_t begin = 0, canonical = 0, compatible = 0;  ///< in pool_: the two, in this order
  };
  struct Raw;
  void add(const Raw& raw, const std::vector<Raw>& all);
  void mark(std::uint32_t code_point, std::uint8_t flags);
  void add_pair(std::uint32_t first, std::uint32_t second, std::uint32_t composed);

  static constexpr std::uint32_t kDirect = 0x800;  ///< what two bytes of UTF-8 reach
  static constexpr std::size_t kPairSlots = 4096;
  std::array<std::uint8_t, kDirect> direct_{};
  TwoStage<std::uint8_t> flags_;
  TwoStage<std::uint8_t> combining_;
  TwoStage<std::uint16_t> index_;  ///< into entries_; 0: none
  std::vector<Entry> entries_{1};
  std::vector<std::uint32_t> pool_;
  struct Composite {
    std::uint32_t first = 0, second = 0, composed = 0;
  };
  std::vector<Composite> pairs_{kPairSlots};  ///< open addressing
};

}  // namespace orch::tokenizer
