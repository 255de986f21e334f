#pragma once
// Where a pattern matches, and what a delimiter's matches do to the text around them. Thread: const
// members from any thread, each with its own Scratch.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "jobs/tokenizer/aligned_text.h"
#include "jobs/tokenizer/pattern.h"
#include "jobs/tokenizer/tokenizer_file.h"

namespace orch::tokenizer {

/// A literal or a regular expression.
class TextMatcher {
 public:
  /// Errors: kInvalid: the regular expression, by name.
  static Result<TextMatcher> make(const TextPattern& pattern, UnicodeVersion version);

  /// Matches and what lies between them; together they cover the text. A match may be empty.
  void matches(std::string_view text, Pattern::Scratch& scratch, std::vector<Match>& out) const;

 private:
  TextMatcher() = default;
  std::string literal_;
  std::shared_ptr<const Pattern> regex_;  ///< shared by copies of an immutable object
};

/// Each character for which `is_match` is true is a match.
template <typename IsMatch>
void match_characters(std::string_view text, const IsMatch& is_match, std::vector<Match>& out) {
  std::size_t done = 0;
  for (std::size_t i = 0; i < text.size();) {
    const Character c = character_at(text, i);
    const std::size_t end = i + c.size_bytes;
    if (is_match(c.code_point)) {
      if (done < i) out.push_back({done, i, false});
      out.push_back({i, end, true});
      done = end;
    }
    i = end;
  }
  if (done < text.size()) out.push_back({done, text.size(), false});
}

/// The parts that remain.
void apply_behavior(const std::vector<Match>& matches, SplitBehavior behavior,
                    std::vector<Pieces::Part>& out);

}  // namespace orch::tokenizer
