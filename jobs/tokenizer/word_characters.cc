#include "jobs/tokenizer/word_characters.h"

#include "jobs/tokenizer/unicode_classes.h"
#include "jobs/tokenizer/unicode_properties.h"

namespace orch::tokenizer {

WordCharacters::WordCharacters(UnicodeVersion version) {
  for (const char* name : {"Alphabetic", "Mn", "Mc", "Me", "Nd", "Pc", "Join_Control"}) {
    const auto part = property_set(name, version);
    ORCH_CHECK(part.ok(), "property %s is not in the tables", name);
    set_.add(*part);
  }
  for (std::uint32_t c = 0; c < 0x80; ++c) ascii_[c] = set_.contains(c);
}

bool WordCharacters::starts(std::string_view text) const {
  return !text.empty() && contains(character_at(text, 0).code_point);
}

bool WordCharacters::ends(std::string_view text) const {
  if (text.empty()) return false;
  std::size_t begin = text.size() - 1;
  while (begin > 0 && continues_character(text[begin])) --begin;
  return contains(character_at(text, begin).code_point);
}

}  // namespace orch::tokenizer
