#include "jobs/score/html_tree.h"

#include <algorithm>
#include <map>

#include "jobs/score/html_text.h"

namespace orch::score {

namespace {

using Kind = HtmlPiece::Kind;

template <std::size_t N>
bool among(const std::string& name, const std::string_view (&names)[N]) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}
/// Elements without content.
constexpr std::string_view kEmpty[] = {
    "area",  "base",   "br",       "col",      "embed",   "hr",      "img",    "input",
    "link",  "keygen", "param",    "menuitem", "meta",    "source",  "track",  "wbr",
    "frame", "image",  "basefont", "bgsound",  "command", "isindex", "nextid", "spacer"};
/// Elements whose text is of a kind of its own.
constexpr std::string_view kContainers[] = {"rt", "rp", "style", "script", "template"};
constexpr std::string_view kSpaceKept[] = {"pre", "textarea"};

class Soup {
 public:
  std::vector<HtmlChild> read(std::string_view html) {
    const Text text = decode(html);
    for (HtmlPiece& piece : html_pieces(text)) take(piece);
    end_text(Kind::kText);
    return std::move(out_);
  }

 private:
  void take(HtmlPiece& piece) {
    switch (piece.kind) {
      case Kind::kText:
        pending_ += piece.text;
        waiting_ = true;
        break;
      case Kind::kCdata:
      case Kind::kOther:
        end_text(Kind::kText);
        pending_ = std::move(piece.text);
        waiting_ = true;
        end_text(piece.kind);
        break;
      case Kind::kStart:
        start(piece);
        break;
      case Kind::kEnd:
        // An end tag of an element that has no content anyway is passed over, once.
        if (int& closed = closed_[piece.name]; closed > 0)
          --closed;
        else
          end(piece.name);
        break;
    }
  }

  void start(const HtmlPiece& piece) {
    end_text(Kind::kText);
    if (open_.empty()) {
      out_.push_back({{}, true, piece.type});
      top_container_ = among(piece.name, kContainers) ? piece.name : "";
    }
    open_.push_back(piece.name);
    ++counts_[piece.name];
    if (among(piece.name, kContainers)) containers_.push_back(piece.name);
    space_kept_ += among(piece.name, kSpaceKept);
    if (piece.closed) {
      end(piece.name);
    } else if (among(piece.name, kEmpty)) {
      end(piece.name);
      ++closed_[piece.name];
    }
  }

  void end(const std::string& name) {
    end_text(Kind::kText);
    if (counts_[name] == 0) return;
    for (bool found = false; !found; open_.pop_back()) {
      const std::string& last = open_.back();
      found = last == name;
      --counts_[last];
      if (among(last, kContainers)) containers_.pop_back();
      space_kept_ -= among(last, kSpaceKept);
    }
  }

  /// The text so far becomes one string of the tree.
  void end_text(Kind kind) {
    if (!waiting_) return;
    waiting_ = false;
    Text text;
    text.swap(pending_);
    const bool blank = text.find_first_not_of(U" \n\t\f\r") == Text::npos;
    if (blank && space_kept_ == 0) text = text.find(U'\n') == Text::npos ? U" " : U"\n";
    if (open_.empty()) {
      out_.push_back({std::move(text), false, ""});
      return;
    }
    // Of an element's text only the kind that is its own is read.
    const std::string& container =
        kind == Kind::kText && !containers_.empty() ? containers_.back() : kNoContainer;
    const bool read = kind == Kind::kCdata ? top_container_.empty()
                                           : kind == Kind::kText && container == top_container_;
    if (read) out_.back().text += text;
  }

  const std::string kNoContainer;
  std::vector<HtmlChild> out_;
  std::vector<std::string> open_, containers_;
  std::map<std::string, int> counts_, closed_;
  std::string top_container_;
  Text pending_;
  bool waiting_ = false;
  int space_kept_ = 0;
};

}  // namespace

std::vector<HtmlChild> html_children(std::string_view html) { return Soup().read(html); }

}  // namespace orch::score
