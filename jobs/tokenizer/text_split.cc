#include "jobs/tokenizer/text_split.h"

#include <algorithm>

namespace orch::tokenizer {

Result<TextMatcher> TextMatcher::make(const TextPattern& pattern, UnicodeVersion version) {
  TextMatcher out;
  if (!pattern.is_regex) {
    out.literal_ = pattern.text;
    return out;
  }
  ORCH_ASSIGN(Pattern compiled, Pattern::compile(pattern.text, version));
  out.regex_ = std::make_shared<const Pattern>(std::move(compiled));
  return out;
}

void TextMatcher::matches(std::string_view text, Pattern::Scratch& scratch,
                          std::vector<Match>& out) const {
  const auto find = [&](std::size_t from) -> std::optional<Pattern::Span> {
    if (regex_) return regex_->find(text, from, scratch);
    const std::size_t at = text.find(literal_, from);
    if (at == std::string_view::npos) return std::nullopt;
    return Pattern::Span{at, at + literal_.size()};
  };
  std::size_t done = 0, from = 0;
  std::optional<std::size_t> last_end;
  while (from <= text.size()) {
    const auto found = find(from);
    if (!found) break;
    if (found->begin == found->end && last_end == found->end) {
      // An empty match right after the last one is none.
      from += from < text.size() ? character_at(text, from).size_bytes : 1;
      continue;
    }
    from = found->end;
    last_end = found->end;
    if (done != found->begin) out.push_back({done, found->begin, false});
    out.push_back({found->begin, found->end, true});
    done = found->end;
  }
  if (done != text.size()) out.push_back({done, text.size(), false});
}

namespace {

/// Consecutive matches, or consecutive others, become one part.
void join_runs(const std::vector<Match>& matches, std::vector<Pieces::Part>& out) {
  bool previous = false;
  for (const Match& m : matches) {
    if (m.is_match == previous && !out.empty())
      out.back().end = m.end;
    else
      out.push_back({m.begin, m.end});
    previous = m.is_match;
  }
}

void join_previous(const std::vector<Match>& matches, std::vector<Pieces::Part>& out) {
  bool previous = false;
  for (const Match& m : matches) {
    if (m.is_match && !previous && !out.empty())
      out.back().end = m.end;
    else
      out.push_back({m.begin, m.end});
    previous = m.is_match;
  }
}

void join_next(const std::vector<Match>& matches, std::vector<Pieces::Part>& out) {
  bool previous = false;
  for (auto m = matches.rbegin(); m != matches.rend(); ++m) {
    if (m->is_match && !previous && !out.empty())
      out.back().begin = m->begin;
    else
      out.push_back({m->begin, m->end});
    previous = m->is_match;
  }
  std::reverse(out.begin(), out.end());
}

}  // namespace

void apply_behavior(const std::vector<Match>& matches, SplitBehavior behavior,
                    std::vector<Pieces::Part>& out) {
  switch (behavior) {
    case SplitBehavior::kContiguous:
      return join_runs(matches, out);
    case SplitBehavior::kMergedWithPrevious:
      return join_previous(matches, out);
    case SplitBehavior::kMergedWithNext:
      return join_next(matches, out);
    case SplitBehavior::kIsolated:
    case SplitBehavior::kRemoved:
      for (const Match& m : matches)
        if (!m.is_match || behavior == SplitBehavior::kIsolated) out.push_back({m.begin, m.end});
  }
}

}  // namespace orch::tokenizer
