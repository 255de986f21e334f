#pragma once
// A text under substitution rules that are applied one after another, as chains of re.sub are, but
// in linear time. Thread: one owner.

#include <utility>

#include "jobs/score/python_text.h"

namespace orch::score {

/// The text between two rules; a rule reads `text` and writes `out`, then they change places.
/// Rules that find nothing leave the text alone.
class Rewrite {
 public:
  explicit Rewrite(TextView text) : text_(text) { out_.reserve(text.size() * 2 + 16); }
  TextView text() const { return text_; }

  /// For each position: `rule(text, i, out)` appends a replacement and returns how many characters
  /// it stands for, or returns 0. `first` tells quickly whether a rule may begin with a character.
  template <typename First, typename Rule>
  void apply(First first, Rule rule) {
    std::size_t copied = 0;
    out_.clear();
    for (std::size_t i = 0; i < text_.size();) {
      if (!first(text_[i])) {
        ++i;
        continue;
      }
      // A rule writes apart, so that what lies before a match is copied once however many rules
      // fail.
      piece_.clear();
      const std::size_t taken = rule(TextView(text_), i, piece_);
      if (taken == 0) {
        ++i;
        continue;
      }
      out_.append(text_, copied, i - copied);
      out_ += piece_;
      i += taken;
      copied = i;
    }
    if (copied == 0) return;
    out_.append(text_, copied);
    text_.swap(out_);
  }

  /// Puts a space on both sides of each character of a class.
  template <typename First>
  void pad_each(First first) {
    apply(first, [](TextView s, std::size_t i, Text& out) {
      out += U' ';
      out += s[i];
      out += U' ';
      return std::size_t{1};
    });
  }

  void replace_with(Text text) { text_ = std::move(text); }

 private:
  Text text_, out_, piece_;
};

}  // namespace orch::score
