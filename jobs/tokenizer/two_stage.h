#pragma once
// A map from code points to small numbers: blocks of 128 code points, stretches of equal values
// share theirs. Filled first, then read by any thread.

#include <cstdint>
#include <utility>
#include <vector>

#include "jobs/tokenizer/code_point_set.h"

namespace orch::tokenizer {

template <typename Value>
class TwoStage {
 public:
  /// Everything is Value().
  TwoStage() : index_(kCodePointLimit / kBlock, 0), blocks_(kBlock), shared_{{Value(), 0}} {}

  /// Both ends belong to it.
  void fill(std::uint32_t first, std::uint32_t last, Value value) {
    while (first <= last) {
      const std::uint32_t block = first / kBlock;
      const std::uint32_t end = (block + 1) * kBlock;
      if (first % kBlock == 0 && last >= end - 1) {
        index_[block] = uniform(value);
      } else {
        Value* const own = writable(block);
        for (std::uint32_t p = first; p <= last && p < end; ++p) own[p % kBlock] = value;
      }
      first = end;
    }
  }

  /// Value() outside of Unicode.
  Value operator[](std::uint32_t code_point) const {
    if (code_point >= kCodePointLimit) return Value();
    return blocks_[std::size_t{index_[code_point / kBlock]} * kBlock + code_point % kBlock];
  }

 private:
  static constexpr std::uint32_t kBlock = 128;

  std::uint16_t add_block(const std::vector<Value>& block) {
    blocks_.insert(blocks_.end(), block.begin(), block.end());
    return static_cast<std::uint16_t>(blocks_.size() / kBlock - 1);
  }

  std::uint16_t uniform(Value value) {
    for (const auto& [known, block] : shared_)
      if (known == value) return block;
    shared_.emplace_back(value, add_block(std::vector<Value>(kBlock, value)));
    return shared_.back().second;
  }

  Value* writable(std::uint32_t block) {
    for (const auto& [value, shared] : shared_)
      if (index_[block] == shared) index_[block] = add_block(std::vector<Value>(kBlock, value));
    return blocks_.data() + std::size_t{index_[block]} * kBlock;
  }

  std::vector<std::uint16_t> index_;
  std::vector<Value> blocks_;
  std::vector<std::pair<Value, std::uint16_t>> shared_;  ///< blocks of one value
};

}  // namespace orch::tokenizer
