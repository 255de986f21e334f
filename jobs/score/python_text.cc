#include "jobs/score/python_text.h"

#include <array>

#include "jobs/tokenizer/unicode_classes.h"

namespace orch::score {

namespace {

/// Two levels: pages of 256 code points, equal pages shared. Built once from the ranges.
struct Tables {
  Tables() {
    std::vector<std::uint16_t> flags(kPoints);
    std::vector<std::int32_t> deltas(kPoints);
    const auto number = flag_numbers();
    std::int32_t end = 0;
    for (std::size_t i = 0; i < number.size(); i += 3) {
      const std::int32_t first = end + number[i];
      end = first + number[i + 1];
      for (std::int32_t c = first; c <= end; ++c)
        flags[static_cast<std::size_t>(c)] = static_cast<std::uint16_t>(number[i + 2]);
    }
    const auto lower = lower_numbers();
    end = 0;
    for (std::size_t i = 0; i < lower.size(); i += 4) {
      const std::int32_t first = end + lower[i];
      end = first + lower[i + 1];
      for (std::int32_t c = first; c <= end; c += lower[i + 2])
        deltas[static_cast<std::size_t>(c)] = lower[i + 3];
    }
    deltas[0x130] = 'i' - 0x130;
    for (std::uint32_t page = 0; page < kPages; ++page) {
      const std::size_t at = std::size_t{page} * 256;
      flag_page[page] = shared(flag_pages, flags.data() + at);
      delta_page[page] = shared(delta_pages, deltas.data() + at);
    }
  }

  template <typename T>
  static std::uint16_t shared(std::vector<T>& pages, const T* page) {
    for (std::size_t at = pages.size(); at > 0; at -= 256)
      if (std::equal(page, page + 256, pages.data() + at - 256))
        return static_cast<std::uint16_t>(at / 256 - 1);
    pages.insert(pages.end(), page, page + 256);
    return static_cast<std::uint16_t>(pages.size() / 256 - 1);
  }

  static constexpr std::uint32_t kPoints = 0x110000, kPages = kPoints / 256;
  std::array<std::uint16_t, kPages> flag_page{}, delta_page{};
  std::vector<std::uint16_t> flag_pages;
  std::vector<std::int32_t> delta_pages;
};

const Tables& tables() {
  static const Tables kTables;
  return kTables;
}

/// Whether a capital sigma at `at` ends a word: a cased letter before it and none after it, with
/// case-ignorable characters skipped on both sides.
bool final_sigma(TextView text, std::size_t at) {
  std::size_t i = at;
  while (i > 0 && (char_flags(text[i - 1]) & kIgnorableFlag)) --i;
  if (i == 0 || !(char_flags(text[i - 1]) & kCasedFlag)) return false;
  i = at + 1;
  while (i < text.size() && (char_flags(text[i]) & kIgnorableFlag)) ++i;
  return i == text.size() || !(char_flags(text[i]) & kCasedFlag);
}

}  // namespace

std::uint16_t char_flags(char32_t c) {
  static const Tables& kTables = tables();
  if (c < 128) return kTables.flag_pages[c];
  return c < Tables::kPoints
             ? kTables.flag_pages[std::size_t{kTables.flag_page[c >> 8]} * 256 + (c & 255)]
             : std::uint16_t{0};
}

char32_t lower_char(char32_t c) {
  if (c < 0x80) return c >= 'A' && c <= 'Z' ? c + 32 : c;
  static const Tables& kTables = tables();
  return c < Tables::kPoints
             ? static_cast<char32_t>(
                   static_cast<std::int32_t>(c) +
                   kTables.delta_pages[std::size_t{kTables.delta_page[c >> 8]} * 256 + (c & 255)])
             : c;
}

Text lower(TextView text) {
  Text out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char32_t c = text[i];
    if (c == 0x3a3) {
      out += final_sigma(text, i) ? U'\x3c2' : U'\x3c3';
    } else {
      out += lower_char(c);
      if (c == 0x130) out += U'\x307';
    }
  }
  return out;
}

std::vector<TextView> split(TextView text) {
  std::vector<TextView> out;
  std::size_t i = 0;
  while (true) {
    while (i < text.size() && is_space(text[i])) ++i;
    if (i == text.size()) return out;
    const std::size_t begin = i;
    while (i < text.size() && !is_space(text[i])) ++i;
    out.push_back(text.substr(begin, i - begin));
  }
}

TextView strip_left(TextView text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  return text;
}

TextView strip_right(TextView text) {
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

TextView strip(TextView text) { return strip_left(strip_right(text)); }

Text replace(TextView text, TextView what, TextView with) {
  Text out;
  out.reserve(text.size());
  for (std::size_t begin = 0;;) {
    const std::size_t at = text.find(what, begin);
    out += text.substr(begin, at == TextView::npos ? at : at - begin);
    if (at == TextView::npos) return out;
    out += with;
    begin = at + what.size();
  }
}

std::vector<TextView> split_on(TextView text, TextView separator) {
  std::vector<TextView> out;
  for (std::size_t begin = 0;;) {
    const std::size_t at = text.find(separator, begin);
    out.push_back(text.substr(begin, at == TextView::npos ? at : at - begin));
    if (at == TextView::npos) return out;
    begin = at + separator.size();
  }
}

Text decode(std::string_view bytes) {
  Text out(bytes.size(), U'\0');
  char32_t* to = out.data();
  const auto* p = reinterpret_cast<const unsigned char*>(bytes.data());
  const unsigned char* const end = p + bytes.size();
  while (p < end) {
    while (p < end && *p < 0x80) *to++ = *p++;
    if (p == end) break;
    const int more = *p >= 0xf0 ? 3 : *p >= 0xe0 ? 2 : 1;
    char32_t c = *p++ & (0x3f >> more);
    for (int i = 0; i < more && p < end; ++i) c = c << 6 | (*p++ & 0x3f);
    *to++ = c;
  }
  out.resize(static_cast<std::size_t>(to - out.data()));
  return out;
}

std::string encode(TextView text) {
  std::string out;
  out.reserve(text.size());
  for (const char32_t c : text) tokenizer::append_utf8(out, c);
  return out;
}

}  // namespace orch::score
