#pragma once
// The top of a piece of HTML as Beautiful Soup sees it: texts, and elements with all their text.
// Thread: any.

#include <string>
#include <string_view>
#include <vector>

#include "jobs/score/python_text.h"

namespace orch::score {

struct HtmlChild {
  Text text;             ///< of an element: of what it holds
  bool element = false;  ///< else a text or a comment
  std::string type;      ///< of an element: first word of its class attribute
};
/// Texts that a tag divides, even one that ends nothing, are children of their own.
/// Source: Beautiful Soup 4.15.0 bs4/__init__.py, bs4/builder/__init__.py; get_text().
std::vector<HtmlChild> html_children(std::string_view html);

}  // namespace orch::score
