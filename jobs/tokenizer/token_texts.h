#pragma once
// Texts by id, one behind the other in one piece of memory. Thread: const members from any thread.

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "jobs/tokenizer/zeroed_pages.h"

namespace orch::tokenizer {

class TokenTexts {
 public:
  /// All texts together are shorter than this.
  static constexpr std::size_t kBytesMax = std::size_t{1} << 31;

  void reserve(std::size_t count, std::size_t size_bytes) {
    offsets_.reserve(count + 1);
    bytes_.reserve(size_bytes);
  }
  /// Of the next id.
  void add(std::string_view text) {
    bytes_.insert(bytes_.end(), text.begin(), text.end());
    end();
  }
  /// Of the next id: `fill` writes up to `size_max` bytes and returns how many it wrote.
  template <typename Fill>
  void add_up_to(std::size_t size_max, const Fill& fill) {
    const std::size_t begin = bytes_.size();
    bytes_.resize(begin + size_max);
    bytes_.resize(begin + fill(bytes_.data() + begin));
    end();
  }

  std::size_t size() const { return offsets_.size() - 1; }
  std::string_view operator[](std::size_t id) const {
    return {bytes_.data() + offsets_[id], offsets_[id + 1] - offsets_[id]};
  }
  /// id → begin in bytes(); one more than there are texts.
  std::span<const std::uint32_t> offsets() const { return offsets_; }
  std::span<const char> bytes() const { return bytes_; }

 private:
  void end() { offsets_.push_back(static_cast<std::uint32_t>(bytes_.size())); }

  std::vector<std::uint32_t, PageAllocator<std::uint32_t>> offsets_ = {0};
  std::vector<char, PageAllocator<char>> bytes_;
};

}  // namespace orch::tokenizer
