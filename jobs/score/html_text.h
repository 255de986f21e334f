#pragma once
// HTML cut into pieces as Python's html.parser cuts it, quirk by quirk, with references resolved as
// Beautiful Soup does. Thread: any.

#include <string>
#include <vector>

#include "jobs/score/python_text.h"

namespace orch::score {

struct HtmlPiece {
  enum class Kind : unsigned char {
    kText,
    kStart,
    kEnd,
    kCdata,  ///< <![CDATA[…]]>
    kOther,  ///< a comment, declaration or processing instruction
  } kind = Kind::kText;
  Text text;            ///< of what has text
  std::string name;     ///< of a tag, in lower case
  std::string type;     ///< of a start tag: first word of its class attribute
  bool closed = false;  ///< a start tag that ends with "/>"
};

/// Of marked sections that the parser rejects, "<!" is text. Time linear in the text, but for tags
/// without an end that look on as far as kTagWorkMax of them.
/// Source: CPython 3.11.7 html/parser.py and _markupbase.py; Beautiful Soup 4.15.0
/// bs4/builder/_htmlparser.py, bs4/dammit.py.
std::vector<HtmlPiece> html_pieces(TextView html);

}  // namespace orch::score
