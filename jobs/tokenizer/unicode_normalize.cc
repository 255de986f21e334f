#include "jobs/tokenizer/unicode_normalize.h"

#include <emmintrin.h>

#include <algorithm>

#include "jobs/tokenizer/unicode_classes.h"
#include "jobs/tokenizer/unicode_decompositions.h"

namespace orch::tokenizer {

namespace {

bool composes(NormalForm form) { return form == NormalForm::kNfc || form == NormalForm::kNfkc; }
bool compatible(NormalForm form) { return form == NormalForm::kNfkc || form == NormalForm::kNfkd; }

std::size_t skip_ascii(std::string_view text, std::size_t at) {
  for (; at + 16 <= text.size(); at += 16) {
    const auto block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + at));
    const int high = _mm_movemask_epi8(block);
    if (high != 0) return at + static_cast<std::size_t>(__builtin_ctz(static_cast<unsigned>(high)));
  }
  while (at < text.size() && static_cast<unsigned char>(text[at]) < 0x80) ++at;
  return at;
}

/// Where text stops to be surely in a form.
struct Stop {
  std::size_t bad = 0;       ///< the first character that may change, or the end
  std::size_t boundary = 0;  ///< the last place before it across which nothing interacts
};

Stop scan(const Decompositions& tables, std::string_view text, std::size_t at, NormalForm form) {
  const auto mask = static_cast<std::uint8_t>(1u << static_cast<unsigned>(form));
  std::size_t boundary = at;
  std::uint8_t last_class = 0;
  while (at < text.size()) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte < 0x80) {
      at = skip_ascii(text, at);
      boundary = at - 1;
      last_class = 0;
      continue;
    }
    if (byte >= 0xE4 && byte <= 0xE9) {  // U+4000 to U+9FFF: none changes
      boundary = at;
      last_class = 0;
      at += 3;
      continue;
    }
    const Character c = character_at(text, at);
    const std::uint8_t flags = tables.flags(c.code_point);
    if (flags & mask) return {at, boundary};
    if (flags & Decompositions::kReorders) {
      const std::uint8_t now = tables.combining(c.code_point);
      if (now < last_class) return {at, boundary};
      last_class = now;
    } else {
      boundary = at;
      last_class = 0;
    }
    at += c.size_bytes;
  }
  return {at, at};
}

/// The next place at or after `at` across which nothing interacts.
std::size_t next_boundary(const Decompositions& tables, std::string_view text, std::size_t at,
                          NormalForm form) {
  const auto mask =
      static_cast<std::uint8_t>(1u << static_cast<unsigned>(form) | Decompositions::kReorders);
  while (at < text.size()) {
    const Character c = character_at(text, at);
    if ((tables.flags(c.code_point) & mask) == 0) return at;
    at += c.size_bytes;
  }
  return at;
}

struct Item {
  std::uint32_t code_point = 0;
  std::int32_t change = 0;
  std::uint8_t combining = 0;
};

class Normalizer {
 public:
  Normalizer(const Decompositions& tables, NormalForm form) : tables_(tables), form_(form) {}

  /// Appends the form of `text`, which begins and ends at boundaries.
  template <typename Sink>
  void run(std::string_view text, const Sink& sink) {
    items_.clear();
    for (std::size_t at = 0; at < text.size();) {
      const Character c = character_at(text, at);
      at += c.size_bytes;
      decompose(c.code_point);
    }
    reorder();
    if (composes(form_)) compose();
    for (const Item& item : items_) sink(item);
  }

 private:
  void push(std::uint32_t p, bool first) {
    items_.push_back({p, first ? 0 : 1, tables_.combining(p)});
  }

  void decompose(std::uint32_t p) {
    if (p >= 0xAC00 && p <= 0xD7A3) {
      const std::uint32_t s = p - 0xAC00;
      push(0x1100 + s / 588, true);
      push(0x1161 + s % 588 / 28, false);
      if (s % 28 != 0) push(0x11A7 + s % 28, false);
      return;
    }
    const auto parts = tables_.decompose(p, compatible(form_));
    if (parts.empty()) push(p, true);
    for (std::size_t i = 0; i < parts.size(); ++i) push(parts[i], i == 0);
  }

  void reorder() {
    const auto starter = [](const Item& item) { return item.combining == 0; };
    for (auto begin = items_.begin(); begin != items_.end();) {
      begin = std::find_if_not(begin, items_.end(), starter);
      const auto end = std::find_if(begin, items_.end(), starter);
      std::stable_sort(begin, end,
                       [](const Item& a, const Item& b) { return a.combining < b.combining; });
      begin = end;
    }
  }

  /// In place: what composes with the last starter is taken up by it.
  void compose() {
    constexpr auto kNone = static_cast<std::size_t>(-1);
    std::size_t out = 0;
    std::size_t starter = kNone;
    int last_class = -1;  // of what stands between the starter and here; -1: nothing
    for (std::size_t in = 0; in < items_.size(); ++in) {
      const Item item = items_[in];
      if (starter != kNone && last_class < static_cast<int>(item.combining)) {
        const std::uint32_t composed = tables_.compose(items_[starter].code_point, item.code_point);
        if (composed != 0) {
          items_[starter].code_point = composed;
          items_[starter].change += item.change - 1;
          continue;
        }
      }
      if (item.combining == 0) {
        starter = out;
        last_class = -1;
      } else {
        last_class = item.combining;
      }
      items_[out++] = item;
    }
    items_.resize(out);
  }

  const Decompositions& tables_;
  NormalForm form_;
  std::vector<Item> items_;
};

}  // namespace

bool is_normalized_quick(std::string_view text, NormalForm form, UnicodeVersion version) {
  const std::size_t ascii = skip_ascii(text, 0);
  if (ascii == text.size()) return true;
  return scan(Decompositions::of(version), text, ascii, form).bad == text.size();
}

std::size_t normalized_prefix(std::string_view text, NormalForm form, UnicodeVersion version) {
  if (skip_ascii(text, 0) == text.size()) return text.size();
  return scan(Decompositions::of(version), text, 0, form).boundary;
}

std::string normalize(std::string_view text, NormalForm form, UnicodeVersion version) {
  const Decompositions& tables = Decompositions::of(version);
  Normalizer normalizer(tables, form);
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const Stop stop = scan(tables, text, at, form);
    out.append(text, at, stop.boundary - at);
    const std::size_t end = next_boundary(tables, text, stop.bad, form);
    normalizer.run(text.substr(stop.boundary, end - stop.boundary),
                   [&](const Item& item) { append_utf8(out, item.code_point); });
    at = end;
  }
  return out;
}

void normalize_changes(std::string_view text, NormalForm form, std::vector<CharacterChange>& out,
                       UnicodeVersion version) {
  const Decompositions& tables = Decompositions::of(version);
  Normalizer normalizer(tables, form);
  for (std::size_t at = 0; at < text.size();) {
    const Stop stop = scan(tables, text, at, form);
    while (at < stop.boundary) {
      const Character c = character_at(text, at);
      out.push_back({c.code_point, 0});
      at += c.size_bytes;
    }
    const std::size_t end = next_boundary(tables, text, stop.bad, form);
    normalizer.run(text.substr(at, end - at), [&](const Item& item) {
      out.push_back({item.code_point, item.change});
    });
    at = end;
  }
}

}  // namespace orch::tokenizer
