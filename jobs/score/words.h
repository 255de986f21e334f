#pragma once
// Words of a text, one after another in one buffer: a text of 10 MB has millions. Thread: one
// owner.

#include <cstdint>
#include <vector>

#include "jobs/score/python_text.h"

namespace orch::score {

class Words {
 public:
  void add(TextView word) {
    letters_ += word;
    ends_.push_back(static_cast<std::uint32_t>(letters_.size()));
  }
  std::size_t size() const { return ends_.size(); }
  /// Lifetime: until the next add() or clear().
  TextView operator[](std::size_t i) const {
    const std::size_t begin = i == 0 ? 0 : ends_[i - 1];
    return TextView(letters_).substr(begin, ends_[i] - begin);
  }
  void clear() {
    letters_.clear();
    ends_.clear();
  }

 private:
  Text letters_;
  std::vector<std::uint32_t> ends_;
};

/// Appends what split() would return.
inline void add_split(TextView text, Words& out) {
  for (std::size_t i = 0;;) {
    while (i < text.size() && is_space(text[i])) ++i;
    if (i == text.size()) return;
    const std::size_t begin = i;
    while (i < text.size() && !is_space(text[i])) ++i;
    out.add(text.substr(begin, i - begin));
  }
}

}  // namespace orch::score
