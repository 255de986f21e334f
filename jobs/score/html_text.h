#pragma once
// HTML as Python's html.parser cuts it into pieces; forgiving, as it is. Thread: any.

#include <string>
#include <string_view>
#include <vector>

namespace orch::score {

struct HtmlPiece {
  enum class Kind : unsigned char { kText, kStart, kEnd, kComment } kind = Kind::kText;
  std::string text;     ///< the text with references resolved, or the tag's name in lower case
  std::string type;     ///< of a start tag: first word of its class attribute
  bool closed = false;  ///< a start tag that ends its element at once
};

/// References other than the five of XML, &nbsp; and numbers stay as they are.
std::vector<HtmlPiece> html_pieces(std::string_view html);

}  // namespace orch::score
