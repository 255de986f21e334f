// Finds function bodies by matching braces. A '{' at namespace or class scope after text with a ')'
// opens a function; member initializers such as `: a_{x}` are told apart by what follows their '}'.
#include <cctype>
#include <regex>

#include "tests/tidy/rules.h"

namespace orch::tidy {
namespace {

enum class Kind { kScope, kFunction, kOther };

struct Brace {
  Kind kind;
  size_t line;       ///< Where its statement begins.
  std::string text;  ///< The statement before it, to go on with after an initializer.
};

class BraceWalker {
 public:
  explicit BraceWalker(const SourceFile& file) : file_(file) {}

  Violations run() {
    bool continued = false;
    for (line_ = 0; line_ < file_.code.size(); ++line_) {
      const std::string& code = file_.code[line_];
      const size_t first = code.find_first_not_of(" \t");
      const bool directive = continued || (first != std::string::npos && code[first] == '#');
      continued = directive && code.ends_with('\\');
      if (directive) continue;
      for (column_ = 0; column_ < code.size(); ++column_) take(code[column_]);
      text_ += ' ';
    }
    return out_;
  }

 private:
  void take(char c) {
    if (c == '{') {
      open();
    } else if (c == '}') {
      close();
    } else if (c == ';') {
      reset();
    } else {
      if (text_start_ == kNone && !std::isspace(static_cast<unsigned char>(c))) text_start_ = line_;
      text_ += c;
    }
  }

  void open() {
    static const std::regex kScopeWord(
        R"(^\s*(inline\s+)?(namespace|extern|(template\s*<.*>\s*)?(class|struct|union|enum))\b)");
    const bool at_scope = stack_.empty() || stack_.back().kind == Kind::kScope;
    Kind kind = Kind::kOther;
    if (at_scope && std::regex_search(text_, kScopeWord) && text_.find(')') == std::string::npos) {
      kind = Kind::kScope;
    } else if (at_scope && text_.find(')') != std::string::npos) {
      kind = Kind::kFunction;
    }
    stack_.push_back({kind, text_start_ == kNone ? line_ : text_start_, text_});
    reset();
  }

  void close() {
    if (stack_.empty()) return reset();
    Brace brace = std::move(stack_.back());
    stack_.pop_back();
    const char next = next_character();
    const bool initializer =
        brace.kind != Kind::kScope && (next == ',' || next == '{' || next == ')');
    if (initializer) {
      text_ = brace.text;
      text_start_ = brace.line;
      return;
    }
    const size_t length = line_ - brace.line + 1;
    if (brace.kind == Kind::kFunction && length > kFunctionLinesMax) {
      out_.push_back(file_.path + ":" + std::to_string(brace.line + 1) + ": a function of " +
                     std::to_string(length) + " lines, at most " +
                     std::to_string(kFunctionLinesMax));
    }
    reset();
  }

  char next_character() const {
    size_t column = column_ + 1;
    for (size_t line = line_; line < file_.code.size(); ++line, column = 0) {
      const size_t found = file_.code[line].find_first_not_of(" \t", column);
      if (found != std::string::npos) return file_.code[line][found];
    }
    return '\0';
  }

  void reset() {
    text_.clear();
    text_start_ = kNone;
  }

  static constexpr size_t kNone = SIZE_MAX;
  const SourceFile& file_;
  std::vector<Brace> stack_;
  std::string text_;
  size_t text_start_ = kNone;
  size_t line_ = 0;
  size_t column_ = 0;
  Violations out_;
};

}  // namespace

Violations check_function_length(const SourceFile& file) { return BraceWalker(file).run(); }

}  // namespace orch::tidy
