// Decoding token by token. Byte-level tokenizers: bytes wait until they are characters. All others:
// the last tokens are decoded again with the new one, and what is longer is new, as the original's
// DecodeStream does.

#include "jobs/tokenizer/tokenizer.h"
#include "jobs/tokenizer/unicode_classes.h"

namespace orch::tokenizer {

namespace {

/// A character has four bytes, and a token at least one: what is no character then never will be.
constexpr std::size_t kHeldMax = 4;
/// Tokens that have no text are not kept for ever.
constexpr std::size_t kSilentMax = 64;

}  // namespace

std::string IncrementalDecoder::push(std::int32_t id) {
  if (skip_special_ && tokenizer_.is_special(id)) return {};
  return tokenizer_.decodes_by_bytes() ? push_bytes(id) : push_text(id);
}

std::string IncrementalDecoder::push_bytes(std::int32_t id) {
  pending_ += tokenizer_.token_bytes(id);
  // Keep the bytes that may still become a character; the rest is final.
  std::size_t keep = pending_.size();
  for (std::size_t n = 1; n <= 3 && n <= pending_.size(); ++n)
    if (incomplete_utf8(std::string_view(pending_).substr(pending_.size() - n)))
      keep = pending_.size() - n;
  std::string ready = repair_utf8(std::string_view(pending_).substr(0, keep));
  pending_.erase(0, keep);
  return ready;
}

/// What `text`, the decoded ids, has more than was shown; all ids are then shown.
std::string IncrementalDecoder::advance(const std::string& text) {
  const std::span<const std::int32_t> held = std::span(ids_).subspan(shown_ids_);
  // A decoder may take back what it said before; then only the new tokens speak.
  std::string ready = text.starts_with(shown_) ? text.substr(shown_.size())
                                               : tokenizer_.decode(held, skip_special_);
  ids_.erase(ids_.begin(), ids_.begin() + static_cast<std::ptrdiff_t>(shown_ids_));
  shown_ids_ = ids_.size();
  shown_ = tokenizer_.decode(ids_, skip_special_);
  return ready;
}

std::string IncrementalDecoder::push_text(std::int32_t id) {
  ids_.push_back(id);
  const std::string text = tokenizer_.decode(ids_, skip_special_);
  const std::size_t held = ids_.size() - shown_ids_;
  const bool broken = text.ends_with("\uFFFD") && ++broken_ids_ < kHeldMax;
  const bool silent = text.size() <= shown_.size() && text.starts_with(shown_) && held < kSilentMax;
  if (broken || silent) return {};
  broken_ids_ = 0;
  return advance(text);
}

std::string IncrementalDecoder::finish() {
  if (!tokenizer_.decodes_by_bytes()) {
    if (ids_.size() == shown_ids_) return {};
    return advance(tokenizer_.decode(ids_, skip_special_));
  }
  std::string rest = repair_utf8(pending_);
  pending_.clear();
  return rest;
}

}  // namespace orch::tokenizer
