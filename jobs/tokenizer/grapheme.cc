#include "jobs/tokenizer/grapheme.h"

#include <algorithm>

#include "jobs/tokenizer/unicode_classes.h"

namespace orch::tokenizer {

namespace {

using Class = GraphemeClass;

/// What the rules need to know of the characters of a cluster so far.
struct Cluster {
  Class last = Class::kOther;
  bool picture = false;    ///< a picture and only Extend since
  bool consonant = false;  ///< a consonant and only Extend and joiners since
  bool linked = false;     ///< with a linker among them
  int regionals = 0;
};

bool extends(Class c) { return c == Class::kExtend || c == Class::kLinker || c == Class::kJoiner; }

bool continues_hangul(Class last, Class next) {
  if (last == Class::kL)
    return next == Class::kL || next == Class::kV || next == Class::kLv || next == Class::kLvt;
  if (last == Class::kLv || last == Class::kV) return next == Class::kV || next == Class::kT;
  return (last == Class::kLvt || last == Class::kT) && next == Class::kT;
}

/// True if there is no boundary before `next`.
bool joins(const Cluster& cluster, Class next) {
  if (cluster.last == Class::kControl || next == Class::kControl) return false;
  if (extends(next) || next == Class::kSpacingMark || cluster.last == Class::kPrepend) return true;
  if (continues_hangul(cluster.last, next)) return true;
  if (next == Class::kConsonant) return cluster.consonant && cluster.linked;
  if (next == Class::kPicture) return cluster.picture && cluster.last == Class::kJoiner;
  return next == Class::kRegional && cluster.last == Class::kRegional && cluster.regionals % 2 == 1;
}

void add(Cluster& cluster, Class next) {
  cluster.picture = next == Class::kPicture ||
                    (cluster.picture && extends(next) && cluster.last != Class::kJoiner);
  cluster.linked =
      (cluster.linked && extends(next)) || (cluster.consonant && next == Class::kLinker);
  cluster.consonant = next == Class::kConsonant || (cluster.consonant && extends(next));
  cluster.regionals = next == Class::kRegional ? cluster.regionals + 1 : 0;
  cluster.last = next;
}

}  // namespace

GraphemeClass grapheme_class(std::uint32_t c) {
  if (c < 0x20 || c == 0x7F) return Class::kControl;
  if (c < 0x80) return Class::kOther;
  if (c >= 0xAC00 && c <= 0xD7A3) return (c - 0xAC00) % 28 == 0 ? Class::kLv : Class::kLvt;
  if ((c >= 0x1100 && c <= 0x115F) || (c >= 0xA960 && c <= 0xA97C)) return Class::kL;
  if ((c >= 0x1160 && c <= 0x11A7) || (c >= 0xD7B0 && c <= 0xD7C6)) return Class::kV;
  if ((c >= 0x11A8 && c <= 0x11FF) || (c >= 0xD7CB && c <= 0xD7FB)) return Class::kT;
  const auto* end = kGraphemeRanges + kGraphemeRangeCount;
  const auto* it = std::upper_bound(
      kGraphemeRanges, end, c, [](std::uint32_t x, const GraphemeRange& r) { return x < r.first; });
  return it != kGraphemeRanges && c <= (it - 1)->last ? (it - 1)->value : Class::kOther;
}

std::size_t grapheme_end(std::string_view text, std::size_t begin) {
  if (text.substr(begin).starts_with("\r\n")) return begin + 2;
  Character c = character_at(text, begin);
  std::size_t end = begin + c.size_bytes;
  Cluster cluster;
  add(cluster, grapheme_class(c.code_point));
  while (end < text.size()) {
    c = character_at(text, end);
    const Class next = grapheme_class(c.code_point);
    if (!joins(cluster, next)) break;
    add(cluster, next);
    end += c.size_bytes;
  }
  return end;
}

}  // namespace orch::tokenizer
