#pragma once
// Reads Oniguruma's syntax (ONIG_SYNTAX_ONIGURUMA, no options), which Hugging Face's patterns are
// written in. Source: Oniguruma's doc/RE and doc/SYNTAX.md. Lives for one parse. Thread: one.

#include <map>
#include <optional>
#include <string>

#include "jobs/tokenizer/pattern_node.h"

namespace orch::tokenizer {

class PatternParser {
 public:
  PatternParser(std::string_view source, UnicodeVersion version)
      : source_(source), version_(version) {}
  Result<PatternNode> parse();

 private:
  using Node = PatternNode;
  struct Options {
    bool ignore_case = false, dot_all = false, extended = false;
    bool word_ascii = false, digit_ascii = false, space_ascii = false, posix_ascii = false;
  };
  /// One escaped character, or the class that it stands for.
  struct Escaped {
    std::uint32_t code_point = 0;
    std::optional<CodePointSet> set;
  };

  // pattern_parser.cc: structure.
  Node alternatives(const Options& options);
  Node sequence(const Options& options);
  Node atom(const Options& options, Node& sequence);
  Node group(const Options& options, Node& sequence);
  Node special_group(const Options& options, Node& sequence);
  Node option_group(Options options, Node& sequence);
  Node look(const Options& options, bool behind, bool negative);
  Node capture(const Options& options, const std::string& name);
  Node condition(const Options& options);
  Node body(const Options& options);
  void quantify(Node& sequence, const Options& options);
  bool interval(std::uint32_t& low, std::uint32_t& high, bool& fixed, bool& swapped);
  void skip_blanks(const Options& options);
  void resolve(Node& node);

  // pattern_escapes.cc: what follows a backslash.
  Node escape(const Options& options);
  std::optional<Node> assertion(char c, const Options& options);
  std::optional<Node> reference(char c);
  Node named_reference(char kind);
  Escaped escaped_character(const Options& options, bool in_class);
  std::optional<CodePointSet> class_escape(char c, const Options& options, bool in_class);
  std::uint32_t numeric_escape(char c);
  std::uint32_t raw_bytes(std::uint32_t first);
  std::optional<std::uint32_t> digits(unsigned base, std::size_t most);
  std::uint32_t braced(unsigned base);
  CodePointSet property(bool negative, bool in_class);
  CodePointSet named_set(std::string_view name, bool ascii);
  std::string name_until(char close);

  // pattern_class.cc: bracket expressions.
  Node character_class(const Options& options);
  CodePointSet class_body(const Options& options, bool& negative);
  CodePointSet class_members(const Options& options, bool first_union);
  std::optional<CodePointSet> posix_class(const Options& options);
  std::optional<std::uint32_t> range_end(const Options& options);

  Node text_node(std::uint32_t code_point, const Options& options) const;
  Node set_node(CodePointSet set, bool ignore_case, bool negative = false) const;
  CodePointSet word_set(const Options& options);

  bool at_end() const { return at_ >= source_.size() || error_.has_value(); }
  char peek() const { return at_ < source_.size() ? source_[at_] : '\0'; }
  bool take(std::string_view text);
  std::uint32_t take_character();
  Node fail(const std::string& what);

  std::string_view source_;
  UnicodeVersion version_;
  std::size_t at_ = 0;
  unsigned depth_ = 0;
  std::uint32_t groups_ = 0;  ///< captures begun
  bool only_named_ = false;   ///< the pattern names groups: plain ones do not capture
  bool numbered_ = false;     ///< a reference by number was read
  std::map<std::string, std::vector<std::uint32_t>> names_;
  std::vector<std::string> calls_;  ///< names of groups that are called or referred to ahead
  std::optional<Error> error_;
};

}  // namespace orch::tokenizer
