#pragma once
// Text made valid UTF-8, and the way back from its positions to those of the original bytes.
// Thread: const members from any thread. Lifetime: the original outlives it.

#include <string>
#include <string_view>
#include <vector>

namespace orch::tokenizer {

class RepairedText {
 public:
  explicit RepairedText(std::string_view original);
  RepairedText(const RepairedText&) = delete;
  RepairedText& operator=(const RepairedText&) = delete;

  std::string_view text() const { return text_; }
  /// How many invalid parts became U+FFFD.
  std::size_t repaired() const { return repairs_.size(); }
  /// Where a byte of text() came from.
  std::size_t original(std::size_t position) const;

 private:
  struct Repair {
    std::size_t end = 0;           ///< of the U+FFFD in text()
    std::size_t original_end = 0;  ///< of the invalid part
    std::size_t original_begin = 0;
  };
  std::string made_;
  std::string_view text_;
  std::vector<Repair> repairs_;
};

}  // namespace orch::tokenizer
