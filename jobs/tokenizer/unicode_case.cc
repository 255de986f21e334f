#include "jobs/tokenizer/unicode_case.h"

#include <algorithm>
#include <map>
#include <vector>

#include "jobs/tokenizer/two_stage.h"
#include "jobs/tokenizer/unicode_classes.h"
#include "jobs/tokenizer/unicode_data.h"
#include "jobs/tokenizer/unicode_properties.h"

namespace orch::tokenizer {

namespace {

/// From one character to a few.
class CaseMap {
 public:
  explicit CaseMap(const char* table) {
    unicode_data::Packed in(table);
    for (std::uint32_t p = 0; in.more();) {
      p += in.next();
      const auto begin = static_cast<std::uint32_t>(pool_.size());
      const std::uint32_t length = in.next();
      for (std::uint32_t i = 0; i < length; ++i)
        pool_.push_back(p + static_cast<std::uint32_t>(in.next_signed()));
      index_.fill(p, p, static_cast<std::uint16_t>(entries_.size()));
      entries_.push_back({p, begin, length});
    }
  }

  struct Entry {
    std::uint32_t code_point = 0, begin = 0, length = 0;
  };
  const std::vector<Entry>& entries() const { return entries_; }
  std::span<const std::uint32_t> target(const Entry& entry) const {
    return std::span(pool_).subspan(entry.begin, entry.length);
  }

  std::span<const std::uint32_t> of(std::uint32_t p, UnicodeVersion version) const {
    const std::uint16_t i = index_[p];
    if (i == 0 || general_category(p, version) == GeneralCategory::kCn) return {};
    return target(entries_[i]);
  }

 private:
  TwoStage<std::uint16_t> index_;
  std::vector<Entry> entries_{1};
  std::vector<std::uint32_t> pool_;
};

const CaseMap& lower_map() {
  static const CaseMap kMap(unicode_data::kLower);
  return kMap;
}

const CaseMap& fold_map() {
  static const CaseMap kMap(unicode_data::kFolds);
  return kMap;
}

using Unfoldings = std::map<std::vector<std::uint32_t>, std::vector<std::uint32_t>>;

const Unfoldings& unfoldings() {
  static const Unfoldings kMap = [] {
    Unfoldings out;
    for (const auto& entry : fold_map().entries()) {
      const auto target = fold_map().target(entry);
      if (!target.empty()) out[{target.begin(), target.end()}].push_back(entry.code_point);
    }
    return out;
  }();
  return kMap;
}

}  // namespace

std::span<const std::uint32_t> lower_case(std::uint32_t code_point, UnicodeVersion version) {
  return lower_map().of(code_point, version);
}

std::string lower_case_text(std::string_view text, UnicodeVersion version) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte < 0x80) {
      out += static_cast<char>(byte >= 'A' && byte <= 'Z' ? byte + 32 : byte);
      ++at;
      continue;
    }
    const Character c = character_at(text, at);
    const auto lower = lower_case(c.code_point, version);
    if (lower.empty()) out.append(text, at, c.size_bytes);
    for (const std::uint32_t p : lower) append_utf8(out, p);
    at += c.size_bytes;
  }
  return out;
}

std::span<const std::uint32_t> case_fold(std::uint32_t code_point, UnicodeVersion version) {
  return fold_map().of(code_point, version);
}

CodePointSet unfold(std::span<const std::uint32_t> folded, UnicodeVersion version) {
  CodePointSet out;
  if (folded.size() == 1 && case_fold(folded[0], version).empty()) out.add(folded[0], folded[0]);
  const auto it = unfoldings().find({folded.begin(), folded.end()});
  if (it == unfoldings().end()) return out;
  for (const std::uint32_t p : it->second)
    if (general_category(p, version) != GeneralCategory::kCn) out.add(p, p);
  return out;
}

void close_over_case(CodePointSet& set, UnicodeVersion version) {
  CodePointSet more;
  for (const auto& [folded, characters] : unfoldings()) {
    const CodePointSet same = unfold(folded, version);
    for (const auto& [first, last] : same.ranges()) {
      bool inside = false;
      for (std::uint32_t p = first; p <= last; ++p) inside |= set.contains(p);
      if (!inside) continue;
      more.add(same);
      break;
    }
  }
  set.add(more);
}

std::vector<std::vector<std::uint32_t>> long_folds(const CodePointSet& set,
                                                   UnicodeVersion version) {
  std::vector<std::vector<std::uint32_t>> out;
  for (const auto& [folded, characters] : unfoldings()) {
    if (folded.size() == 1) continue;
    const CodePointSet same = unfold(folded, version);
    for (const auto& [first, last] : same.ranges()) {
      if (!set.contains(first) && !set.contains(last)) continue;
      out.push_back(folded);
      break;
    }
  }
  return out;
}

}  // namespace orch::tokenizer
