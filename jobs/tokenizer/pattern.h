#pragma once
// Regular expressions as Hugging Face `tokenizers` reads them (Oniguruma's syntax and meaning),
// compiled to PCRE2. Character classes come from our own Unicode tables, whatever version PCRE2 was
// built with. A pattern is immutable; each thread matches with a Scratch of its own.

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "jobs/tokenizer/unicode_version.h"

namespace orch::tokenizer {

class Pattern {
 public:
  struct Span {
    std::size_t begin = 0, end = 0;
    bool operator==(const Span&) const = default;
  };

  /// Working memory of one matching thread, and what went wrong in it. May serve many patterns, one
  /// after the other.
  class Scratch {
   public:
    Scratch();
    ~Scratch();
    Scratch(Scratch&&) noexcept;
    Scratch& operator=(Scratch&&) noexcept;
    /// kInvalid once a find() gave up: the pattern needs too many steps or too much memory on this
    /// text. Until cleared every find() answers "no match".
    const Result<void>& status() const;
    void clear();

   private:
    friend class Pattern;
    struct State;
    std::unique_ptr<State> state_;
  };

  /// Errors: kInvalid: the pattern is no regular expression, or has a part that is not supported
  /// (named in the message).
  static Result<Pattern> compile(std::string_view oniguruma,
                                 UnicodeVersion version = UnicodeVersion::k16_0);
  /// The pattern that matches this text and nothing else.
  static Pattern literal(std::string_view text);

  Pattern(Pattern&&) noexcept;
  Pattern& operator=(Pattern&&) noexcept;
  ~Pattern();

  /// The next match that starts at or after `from`, possibly empty; after an empty match go on one
  /// character later. The text is valid UTF-8 and `from` the start of a character or the end.
  std::optional<Span> find(std::string_view text, std::size_t from, Scratch& scratch) const;

  const std::string& source() const;
  /// What PCRE2 was given; for tests.
  const std::string& translated() const;

 private:
  struct Compiled;
  explicit Pattern(std::unique_ptr<Compiled> compiled);
  std::unique_ptr<Compiled> compiled_;
};

}  // namespace orch::tokenizer
