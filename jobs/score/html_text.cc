#include "jobs/score/html_text.h"

#include <algorithm>

#include "jobs/score/html_entities.h"

namespace orch::score {

namespace {

constexpr char32_t kReplacement = 0xfffd;
/// Characters that start tags may read in all, in lengths of the text.
constexpr std::size_t kTagWorkMax = 16;
/// What the numbers 0x80 to 0x9f stand for where they were meant as Windows-1252; 0: themselves.
constexpr char32_t kWindows[32] = {0x20ac, 0,      0x201a, 0x192,  0x201e, 0x2026, 0x2020, 0x2021,
                                   0x2c6,  0x2030, 0x160,  0x2039, 0x152,  0,      0x17d,  0,
                                   0,      0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
                                   0x2dc,  0x2122, 0x161,  0x203a, 0x153,  0,      0x17e,  0x178};

bool is_letter(char32_t c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_hex(char32_t c) {
  return is_ascii_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool ends_name(char32_t c) { return TextView(U"\t\n\r\f />").find(c) != kNone || c == 0; }

/// The character of "#123" or "#x1f" without the sign; the number may be of any length.
char32_t numbered(TextView digits) {
  const bool hex = digits[0] == 'x' || digits[0] == 'X';
  if (hex) digits.remove_prefix(1);
  std::uint32_t code = 0;
  for (const char32_t c : digits) {
    const std::uint32_t digit = is_ascii_digit(c) ? c - '0' : (c | 32) - 'a' + 10;
    code = std::min<std::uint32_t>(code * (hex ? 16 : 10) + digit, 0x110000);
  }
  if (code == 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return kReplacement;
  if (code >= 0x80 && code < 0xa0 && kWindows[code - 0x80] != 0) return kWindows[code - 0x80];
  return code;
}

/// References in an attribute's value: those with a semicolon and, as it divides words, &nbsp.
Text unescaped(TextView value) {
  Text out;
  for (std::size_t i = 0; i < value.size();) {
    if (constexpr TextView kSpace = U"&nbsp"; value.substr(i).starts_with(kSpace)) {
      out += U'\xa0';
      i += kSpace.size();
      i += i < value.size() && value[i] == ';';
      continue;
    }
    const std::size_t end = value[i] == '&' ? value.substr(0, i + 34).find(U';', i) : kNone;
    const TextView name = end == kNone ? TextView() : value.substr(i + 1, end - i - 1);
    const bool number = name.size() > 1 && name[0] == '#' &&
                        (std::all_of(name.begin() + 1, name.end(), is_ascii_digit) ||
                         ((name[1] | 32) == 'x' && name.size() > 2 &&
                          std::all_of(name.begin() + 2, name.end(), is_hex)));
    const Text* const known = end == kNone ? nullptr : html_entity(name);
    if (number)
      out += numbered(name.substr(1));
    else if (known)
      out += *known;
    else
      out += value[i];
    i = number || known ? end + 1 : i + 1;
  }
  return out;
}

struct Attribute {
  TextView name, value;
  bool has_value = false;
};

class HtmlReader {
 public:
  explicit HtmlReader(TextView html) : html_(html), tag_work_(html.size() * kTagWorkMax) {}

  std::vector<HtmlPiece> run() {
    // As feed() and close(): what stops the first is tried again by the second, which then gives
    // up.
    read(false);
    read(true);
    return std::move(out_);
  }

 private:
  char32_t at(std::size_t i) const { return i < html_.size() ? html_[i] : 0; }
  bool starts(std::size_t i, TextView what) const { return html_.substr(i).starts_with(what); }
  void text(std::size_t begin, std::size_t end) {
    HtmlPiece piece;
    piece.text = html_.substr(begin, end - begin);
    out_.push_back(std::move(piece));
  }
  void other(HtmlPiece::Kind kind, std::size_t begin, std::size_t end) {
    text(begin, std::max(begin, end));
    out_.back().kind = kind;
  }
  /// The next '>' from `i`; asked for ever later places.
  std::size_t next_end(std::size_t i) {
    if (end_ != kNone && end_ >= i && i >= end_from_) return end_;
    if (end_ == kNone && searched_ && i >= end_from_) return kNone;
    searched_ = true;
    end_from_ = i;
    return end_ = html_.find(U'>', i);
  }

  void read(bool last) {
    const std::size_t n = html_.size();
    while (at_ < n) {
      const std::size_t next = interesting();
      if (next == kNone && !raw_.empty()) break;
      const std::size_t stop = std::min(next, n);
      if (at_ < stop) text(at_, stop);
      at_ = stop;
      if (at_ == n) break;
      if (html_[at_] == '<' ? !markup(last) : !reference(last)) break;
    }
    if (!last || at_ >= n || !raw_.empty()) return;
    text(at_, n);
    at_ = n;
  }

  /// The next '<' or '&'; inside a script or style, its end tag.
  std::size_t interesting() const {
    if (raw_.empty()) return html_.find_first_of(U"<&", at_);
    for (std::size_t i = html_.find(U"</", at_); i != kNone; i = html_.find(U"</", i + 1)) {
      std::size_t j = i + 2;
      while (j < html_.size() && is_space(html_[j])) ++j;
      std::size_t same = 0;
      while (same < raw_.size() && (at(j + same) | 32) == static_cast<char32_t>(raw_[same])) ++same;
      j += same;
      while (same == raw_.size() && j < html_.size() && is_space(html_[j])) ++j;
      if (same == raw_.size() && at(j) == '>') return i;
    }
    return kNone;
  }

  /// What begins with '<'; false: no more in this pass.
  bool markup(bool last) {
    const std::size_t i = at_;
    std::size_t end = 0;
    if (is_letter(at(i + 1)))
      end = start_tag(i);
    else if (starts(i, U"</"))
      end = end_tag(i);
    else if (starts(i, U"<!--"))
      end = comment(i);
    else if (starts(i, U"<?"))
      end = until_end(i + 2, HtmlPiece::Kind::kOther);
    else if (starts(i, U"<!"))
      end = declaration(i);
    else if (i + 1 < html_.size())
      text(i, end = i + 1);
    else
      return false;
    if (end == kNone) {
      if (!last) return false;
      end = next_end(i + 1);
      if (end != kNone)
        ++end;
      else
        end = html_.find(U'<', i + 1);
      if (end == kNone) end = i + 1;
      text(i, end);
    }
    at_ = end;
    return true;
  }

  /// What begins with '&'; false: no more in this pass.
  bool reference(bool last) {
    const std::size_t i = at_, n = html_.size();
    std::size_t end = i + 1;
    const bool number = at(end) == '#';
    if (number) {
      ++end;
      const bool hex = (at(end) == 'x' || at(end) == 'X') && is_hex(at(end + 1));
      end += hex;
      while (end < n && (hex ? is_hex(html_[end]) : is_ascii_digit(html_[end]))) ++end;
      // A character that is no digit of any kind must follow.
      if (end > i + 2 && end < n && !is_hex(html_[end])) {
        other(HtmlPiece::Kind::kText, i, i);
        out_.back().text.assign(1, numbered(html_.substr(i + 2, end - i - 2)));
        at_ = end + (html_[end] == ';');
        return true;
      }
      if (html_.find(U';', i) != kNone) {
        text(i, i + 2);
        at_ = i + 2;
      }
      return false;
    }
    if (!is_letter(at(end))) {
      if (end >= n) return false;
      text(i, end);
      at_ = end;
      return true;
    }
    const auto named = [](char32_t c) { return is_letter(c) || is_ascii_digit(c); };
    while (end < n && (named(html_[end]) || html_[end] == '-' || html_[end] == '.')) ++end;
    // The sign behind the name is no letter or digit: a name at the very end gives back its last
    // '-' or '.'.
    if (end == n) {
      while (end > i + 2 && named(html_[end - 1])) --end;
      --end;
    }
    if (end < i + 2) {
      if (last && n == i + 2) ++at_;
      return false;
    }
    const TextView name = html_.substr(i + 1, end - i - 1);
    const Text* const known = html_entity(name);
    text(i, end);
    if (known) out_.back().text = *known;
    at_ = end + (html_[end] == ';');
    return true;
  }

  /// One attribute from `i` on with the space behind it; false: there is none.
  bool attribute(std::size_t& i, Attribute& out) const {
    const std::size_t n = html_.size();
    const char32_t before = at(i - 1);
    if (i >= n || is_space(html_[i]) || html_[i] == '/' || html_[i] == '>') return false;
    if (before != '\'' && before != '"' && before != '/' && !is_space(before)) return false;
    std::size_t end = i + 1;
    while (end < n && !is_space(html_[end]) && TextView(U"/=>").find(html_[end]) == kNone) ++end;
    out = {html_.substr(i, end - i), {}, false};
    i = end;
    while (end < n && is_space(html_[end])) ++end;
    if (at(end) == '=') value(end, i, out);
    while (i < n && (is_space(html_[i]) || (html_[i] == '/' && at(i + 1) != '>'))) ++i;
    // A slash at the very end is followed by nothing, so it goes, too.
    return true;
  }

  /// The value behind the '=' at `equals`; `i` moves behind it, if there is one.
  void value(std::size_t equals, std::size_t& i, Attribute& out) const {
    const std::size_t n = html_.size();
    std::size_t last = equals;
    while (at(last) == '=') ++last;
    std::size_t begin = last;
    while (begin < n && is_space(html_[begin])) ++begin;
    const char32_t quote = at(begin);
    std::size_t end = begin;
    if (quote == '\'' || quote == '"') {
      const std::size_t close = html_.find(quote, begin + 1);
      if (close != kNone) {
        out.value = html_.substr(begin + 1, close - begin - 1);
        out.has_value = true;
        i = close + 1;
        return;
      }
      // Without its end the quote belongs to no value: a space before it, or the last of several
      // '=', is the value's beginning.
      if (begin > last)
        end = begin = begin - 1;
      else if (last - equals > 1)
        end = begin = last - 1;
      else
        return;
    }
    while (end < n && !is_space(html_[end]) && html_[end] != '>') ++end;
    out.value = html_.substr(begin, end - begin);
    out.has_value = true;
    i = end;
  }

  /// End of the start tag at `i`, kNone where it has none.
  std::size_t whole_start_tag(std::size_t i) {
    const std::size_t n = html_.size();
    std::size_t j = i + 1;
    while (j < n && !ends_name(html_[j])) ++j;
    while (j < n && (is_space(html_[j]) || html_[j] == '/')) ++j;
    Attribute unused;
    while (attribute(j, unused)) {
    }
    while (j < n && is_space(html_[j])) ++j;
    tag_work_ -= std::min(tag_work_, j - i);
    const char32_t next = at(j);
    if (j < n && next == '>') return j + 1;
    if (j >= n || is_letter(next) || next == '=') return kNone;
    if (next == '/') return at(j + 1) == '>' && j + 1 < n ? j + 2 : kNone;
    return j;
  }

  std::size_t start_tag(std::size_t i) {
    if (tag_work_ == 0) return kNone;
    const std::size_t end = whole_start_tag(i);
    if (end == kNone) return kNone;
    std::size_t k = i + 1;
    while (k < html_.size() && !ends_name(html_[k])) ++k;
    HtmlPiece piece;
    piece.kind = HtmlPiece::Kind::kStart;
    piece.name = encode(lower(html_.substr(i + 1, k - i - 1)));
    while (k < html_.size() && (is_space(html_[k]) || (html_[k] == '/' && at(k + 1) != '>'))) ++k;
    for (Attribute own; k < end && attribute(k, own);) {
      // Of several, the last one counts.
      if (lower(own.name) != U"class") continue;
      const Text words = unescaped(own.value);
      const auto parts = split(words);
      piece.type = parts.empty() ? "" : encode(parts.front());
    }
    const TextView rest = k < end ? strip(html_.substr(k, end - k)) : TextView();
    if (rest != U">" && rest != U"/>") {
      text(i, end);
      return end;
    }
    piece.closed = rest == U"/>";
    if (!piece.closed && (piece.name == "script" || piece.name == "style")) raw_ = piece.name;
    out_.push_back(std::move(piece));
    return end;
  }

  std::size_t end_tag(std::size_t i) {
    const std::size_t n = html_.size(), close = next_end(i + 1);
    if (close == kNone) return kNone;
    std::size_t begin = i + 2;
    while (begin < n && is_space(html_[begin])) ++begin;
    std::size_t end = begin;
    const auto part = [](char32_t c) {
      return is_letter(c) || is_ascii_digit(c) || TextView(U"-.:_").find(c) != kNone;
    };
    while (end < n && part(html_[end])) ++end;
    std::size_t behind = end;
    while (behind < n && is_space(html_[behind])) ++behind;
    HtmlPiece piece;
    piece.kind = HtmlPiece::Kind::kEnd;
    if (!is_letter(at(begin)) || at(behind) != '>') {
      if (!raw_.empty()) {
        text(i, close + 1);
        return close + 1;
      }
      if (!is_letter(at(i + 2))) {
        if (at(i + 2) == '>') return i + 3;
        other(HtmlPiece::Kind::kOther, i + 2, close);
        return close + 1;
      }
      end = i + 2;
      while (end < n && !ends_name(html_[end])) ++end;
      piece.name = encode(lower(html_.substr(i + 2, end - i - 2)));
      out_.push_back(std::move(piece));
      return next_end(end) + 1;
    }
    piece.name = encode(lower(html_.substr(begin, end - begin)));
    if (!raw_.empty() && piece.name != raw_) {
      text(i, close + 1);
      return close + 1;
    }
    raw_.clear();
    out_.push_back(std::move(piece));
    return close + 1;
  }

  /// Reads to the next '>'.
  std::size_t until_end(std::size_t begin, HtmlPiece::Kind kind) {
    const std::size_t close = next_end(begin);
    if (close == kNone) return kNone;
    other(kind, begin, close);
    return close + 1;
  }

  std::size_t comment(std::size_t i) {
    if (i < no_comment_end_from_)
      for (std::size_t j = html_.find(U"--", i + 4); j != kNone; j = html_.find(U"--", j + 1)) {
        std::size_t close = j + 2;
        while (close < html_.size() && is_space(html_[close])) ++close;
        if (at(close) != '>') continue;
        other(HtmlPiece::Kind::kOther, i + 4, j);
        return close + 1;
      }
    no_comment_end_from_ = std::min(no_comment_end_from_, i);
    return kNone;
  }

  std::size_t declaration(std::size_t i) {
    if (lower(html_.substr(i + 2, 7)) == U"doctype") {
      const std::size_t close = next_end(i + 9);
      if (close == kNone) return kNone;
      other(HtmlPiece::Kind::kOther, i + 10, close);
      return close + 1;
    }
    if (!starts(i, U"<![")) return until_end(i + 2, HtmlPiece::Kind::kOther);
    std::size_t end = i + 3;
    const auto part = [](char32_t c) {
      return is_letter(c) || is_ascii_digit(c) || TextView(U"-_.").find(c) != kNone;
    };
    while (end < html_.size() && part(html_[end])) ++end;
    const Text name = lower(html_.substr(i + 3, end - i - 3));
    while (end < html_.size() && is_space(html_[end])) ++end;
    if (end == html_.size()) return kNone;
    const bool standard = name == U"temp" || name == U"cdata" || name == U"ignore" ||
                          name == U"include" || name == U"rcdata";
    const bool office = name == U"if" || name == U"else" || name == U"endif";
    if (!standard && !office) {
      text(i, i + 2);  // the parser gives up here
      return i + 2;
    }
    std::size_t& failed = no_section_end_from_[standard];
    if (i >= failed) return kNone;
    for (std::size_t j = html_.find(U']', i + 3); j != kNone; j = html_.find(U']', j + 1)) {
      std::size_t close = j + 1;
      const auto skip = [&] {
        while (close < html_.size() && is_space(html_[close])) ++close;
      };
      skip();
      if (standard && at(close) != ']') continue;
      close += standard;
      skip();
      if (at(close) != '>') continue;
      const bool cdata = lower(html_.substr(i + 3, 6)) == U"cdata[";
      other(cdata ? HtmlPiece::Kind::kCdata : HtmlPiece::Kind::kOther, i + (cdata ? 9 : 3), j);
      return close + 1;
    }
    failed = i;
    return kNone;
  }

  TextView html_;
  std::size_t at_ = 0, end_ = kNone, end_from_ = 0, tag_work_, no_comment_end_from_ = kNone;
  std::size_t no_section_end_from_[2] = {kNone, kNone};  ///< of Office's, and of the standard's
  bool searched_ = false;
  std::string raw_;  ///< script or style, while inside it
  std::vector<HtmlPiece> out_;
};

}  // namespace

std::vector<HtmlPiece> html_pieces(TextView html) { return HtmlReader(html).run(); }

}  // namespace orch::score
