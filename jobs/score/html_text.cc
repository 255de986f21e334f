#include "jobs/score/html_text.h"

#include <algorithm>
#include <charconv>

#include "jobs/score/python_text.h"

namespace orch::score {

namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f'; }

std::string lower_ascii(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return out;
}

/// Elements without content.
bool is_void(const std::string& name) {
  static constexpr std::string_view kNames[] = {"area", "base",  "br",   "col",  "embed",  "hr",
                                                "img",  "input", "link", "meta", "source", "wbr"};
  return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

struct Reference {
  std::string_view name, text;
};
constexpr Reference kReferences[] = {{"amp", "&"},   {"lt", "<"},   {"gt", ">"},
                                     {"quot", "\""}, {"apos", "'"}, {"nbsp", "\xc2\xa0"}};

std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t end =
        text[i] == '&' ? text.substr(0, i + 12).find(';', i) : std::string::npos;
    if (end == std::string_view::npos) {
      out += text[i++];
      continue;
    }
    const std::string_view name = text.substr(i + 1, end - i - 1);
    const auto* known = std::find_if(std::begin(kReferences), std::end(kReferences),
                                     [&](const Reference& r) { return r.name == name; });
    std::uint32_t code = 0;
    if (name.starts_with('#')) {
      const bool hex = name.size() > 1 && (name[1] == 'x' || name[1] == 'X');
      std::from_chars(name.data() + (hex ? 2 : 1), name.data() + name.size(), code, hex ? 16 : 10);
    }
    if (known != std::end(kReferences))
      out += known->text;
    else if (code > 0 && code < 0x110000 && (code < 0xd800 || code > 0xdfff))
      out += encode(Text(1, code));
    else
      out += text.substr(i, end + 1 - i);
    i = end + 1;
  }
  return out;
}

/// End of the tag at `begin`, behind its '>', quotes respected; npos: it has none.
std::size_t tag_end(std::string_view html, std::size_t begin) {
  char quote = 0;
  for (std::size_t i = begin; i < html.size(); ++i) {
    const char c = html[i];
    if (quote != 0)
      quote = c == quote ? '\0' : quote;
    else if ((c == '"' || c == '\'') && i > begin && (html[i - 1] == '=' || is_blank(html[i - 1])))
      quote = c;
    else if (c == '>')
      return i + 1;
  }
  return std::string_view::npos;
}

/// First word of the class attribute among the attributes of a tag.
std::string class_of(std::string_view attributes) {
  std::size_t i = 0;
  while (i < attributes.size()) {
    while (i < attributes.size() && (is_blank(attributes[i]) || attributes[i] == '/')) ++i;
    const std::size_t name_begin = i;
    while (i < attributes.size() && !is_blank(attributes[i]) && attributes[i] != '=') ++i;
    const std::string name = lower_ascii(attributes.substr(name_begin, i - name_begin));
    while (i < attributes.size() && is_blank(attributes[i])) ++i;
    std::string_view value;
    if (i < attributes.size() && attributes[i] == '=') {
      ++i;
      while (i < attributes.size() && is_blank(attributes[i])) ++i;
      const bool quoted = i < attributes.size() && (attributes[i] == '"' || attributes[i] == '\'');
      const char stop = quoted ? attributes[i++] : ' ';
      const std::size_t begin = i;
      while (i < attributes.size() && (quoted ? attributes[i] != stop : !is_blank(attributes[i])))
        ++i;
      value = attributes.substr(begin, i - begin);
      i += quoted;
    } else if (i == name_begin) {
      ++i;
    }
    if (name != "class") continue;
    const Text words = decode(unescaped(value));
    const auto parts = split(words);
    return parts.empty() ? "" : encode(parts.front());
  }
  return "";
}

}  // namespace

std::vector<HtmlPiece> html_pieces(std::string_view html) {
  std::vector<HtmlPiece> out;
  std::size_t text_begin = 0;
  const auto flush = [&](std::size_t end) {
    if (end > text_begin)
      out.push_back({HtmlPiece::Kind::kText, unescaped(html.substr(text_begin, end - text_begin)),
                     "", false});
  };
  for (std::size_t i = html.find('<'); i < html.size(); i = html.find('<', i)) {
    const std::string_view rest = html.substr(i);
    const bool end_tag = rest.size() > 2 && rest[1] == '/' && is_letter(rest[2]);
    const bool start_tag = rest.size() > 1 && is_letter(rest[1]);
    if (rest.starts_with("<!--")) {
      const std::size_t end = html.find("-->", i + 4);
      if (end == std::string_view::npos) break;
      flush(i);
      out.push_back(
          {HtmlPiece::Kind::kComment, std::string(html.substr(i + 4, end - i - 4)), "", false});
      i = text_begin = end + 3;
      continue;
    }
    // Without an end there is no tag in the rest of the text either.
    const std::size_t end = end_tag || start_tag ? tag_end(html, i) : 0;
    if (end == std::string_view::npos) break;
    if (end == 0) {
      ++i;
      continue;
    }
    flush(i);
    std::size_t name_end = i + (end_tag ? 2 : 1);
    const std::size_t name_begin = name_end;
    while (name_end < end - 1 && !is_blank(html[name_end]) && html[name_end] != '/') ++name_end;
    HtmlPiece piece{end_tag ? HtmlPiece::Kind::kEnd : HtmlPiece::Kind::kStart,
                    lower_ascii(html.substr(name_begin, name_end - name_begin)), "", false};
    if (start_tag) {
      const bool slash = html[end - 2] == '/';
      piece.type = class_of(html.substr(name_end, end - 1 - name_end));
      piece.closed = slash || is_void(piece.text);
    }
    out.push_back(std::move(piece));
    i = text_begin = end;
  }
  flush(html.size());
  return out;
}

}  // namespace orch::score
