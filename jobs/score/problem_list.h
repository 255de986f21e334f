#pragma once
// What is wrong with many items, as one message: the first ones named, the rest counted. Plain
// value.

#include <string>

namespace orch::score {

class ProblemList {
 public:
  void add(const std::string& what) {
    if (count_++ < kListedMax) text_ += (text_.empty() ? "" : "; ") + what;
  }
  bool empty() const { return count_ == 0; }
  std::size_t count() const { return count_; }
  std::string text() const {
    return count_ <= kListedMax ? text_
                                : text_ + "; and " + std::to_string(count_ - kListedMax) + " more";
  }

 private:
  static constexpr std::size_t kListedMax = 20;
  std::string text_;
  std::size_t count_ = 0;
};

}  // namespace orch::score
