#include "jobs/tokenizer/repaired_text.h"

#include <algorithm>

#include "jobs/tokenizer/unicode_classes.h"

namespace orch::tokenizer {

namespace {

constexpr std::string_view kReplacement = "\uFFFD";
constexpr std::size_t kCharacterBytesMax = 4;

/// Bytes of the invalid part at the start of `text`: as many as become one U+FFFD.
std::size_t invalid_bytes(std::string_view text) {
  for (std::size_t n = std::min(kCharacterBytesMax, text.size()); n > 1; --n)
    if (repair_utf8(text.substr(0, n)) == kReplacement) return n;
  return 1;
}

}  // namespace

RepairedText::RepairedText(std::string_view original) : text_(original) {
  std::size_t at = valid_utf8_prefix(original);
  if (at == original.size()) return;
  made_ = original.substr(0, at);
  while (at < original.size()) {
    const std::size_t bytes = invalid_bytes(original.substr(at));
    made_ += kReplacement;
    repairs_.push_back({made_.size(), at + bytes, at});
    at += bytes;
    const std::size_t good = valid_utf8_prefix(original.substr(at));
    made_ += original.substr(at, good);
    at += good;
  }
  text_ = made_;
}

std::size_t RepairedText::original(std::size_t position) const {
  const auto after =
      std::upper_bound(repairs_.begin(), repairs_.end(), position,
                       [](std::size_t p, const Repair& repair) { return p < repair.end; });
  if (after != repairs_.end() && position + kReplacement.size() > after->end)
    return after->original_begin;
  if (after == repairs_.begin()) return position;
  const Repair& last = *(after - 1);
  return last.original_end + (position - last.end);
}

}  // namespace orch::tokenizer
