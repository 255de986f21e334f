#include "jobs/tokenizer/pre_tokenize.h"

#include "jobs/tokenizer/normalizer.h"
#include "jobs/tokenizer/script.h"
#include "jobs/tokenizer/text_split.h"
#include "jobs/tokenizer/unicode_classes.h"
#include "jobs/tokenizer/unicode_properties.h"
#include "jobs/tokenizer/word_characters.h"

namespace orch::tokenizer {

namespace {

/// ByteLevel's own pattern, GPT-2's.
constexpr std::string_view kByteLevelWords =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

/// Splits every piece at the characters for which `is_delimiter` is true.
template <typename IsDelimiter>
void split_at(Pieces& pieces, SplitBehavior behavior, const IsDelimiter& is_delimiter) {
  std::vector<Match> found;
  pieces.split([&](const PieceView& in, std::vector<Pieces::Part>& parts) {
    found.clear();
    match_characters(in.text, is_delimiter, found);
    apply_behavior(found, behavior, parts);
  });
}

/// Splits every piece where the pattern matches.
void split_matches(Pieces& pieces, const TextMatcher& matcher, SplitBehavior behavior, bool invert,
                   Pattern::Scratch& scratch) {
  std::vector<Match> found;
  pieces.split([&](const PieceView& in, std::vector<Pieces::Part>& parts) {
    found.clear();
    matcher.matches(in.text, scratch, found);
    if (invert)
      for (Match& match : found) match.is_match = !match.is_match;
    apply_behavior(found, behavior, parts);
  });
}

class ByteLevelPreTokenizer : public PreTokenizer {
 public:
  ByteLevelPreTokenizer(const spec::ByteLevel& spec, TextMatcher words)
      : spec_(spec), words_(std::move(words)) {}
  void apply(Pieces& pieces, Pattern::Scratch& scratch) const override {
    if (spec_.add_prefix_space)
      pieces.rewrite([](const PieceView& in, AlignedText& out) {
        if (in.text.starts_with(' ')) return out.append(in.text, in.from);
        prepend(in, " ", out);
      });
    if (spec_.use_regex) split_matches(pieces, words_, SplitBehavior::kIsolated, false, scratch);
    pieces.rewrite(spell_piece);
  }

 private:
  spec::ByteLevel spec_;
  TextMatcher words_;
};

class SplitPreTokenizer : public PreTokenizer {
 public:
  SplitPreTokenizer(const spec::Split& spec, TextMatcher matcher)
      : behavior_(spec.behavior), invert_(spec.invert), matcher_(std::move(matcher)) {}
  void apply(Pieces& pieces, Pattern::Scratch& scratch) const override {
    split_matches(pieces, matcher_, behavior_, invert_, scratch);
  }

 private:
  SplitBehavior behavior_;
  bool invert_;
  TextMatcher matcher_;
};

class MetaspacePreTokenizer : public PreTokenizer {
 public:
  explicit MetaspacePreTokenizer(const spec::Metaspace& spec)
      : spec_(spec), replacement_(character_at(spec.replacement, 0).code_point) {}
  void apply(Pieces& pieces, Pattern::Scratch&) const override {
    std::vector<Match> found;
    pieces.rewrite([&](const PieceView& in, AlignedText& out) {
      found.clear();
      match_characters(
          in.text, [](std::uint32_t c) { return c == ' '; }, found);
      replace(in, found, spec_.replacement, out);
    });
    if (spec_.prepend_scheme != PrependScheme::kNever)
      pieces.rewrite([&](const PieceView& in, AlignedText& out) {
        const bool wanted = spec_.prepend_scheme == PrependScheme::kAlways || in.covers.begin == 0;
        if (!wanted || in.text.starts_with(spec_.replacement)) return out.append(in.text, in.from);
        prepend(in, spec_.replacement, out);
      });
    if (spec_.split)
      split_at(pieces, SplitBehavior::kMergedWithNext,
               [&](std::uint32_t c) { return c == replacement_; });
  }

 private:
  spec::Metaspace spec_;
  std::uint32_t replacement_;
};

/// Runs of word characters, runs of others, and nothing of white space.
class WhitespacePreTokenizer : public PreTokenizer {
 public:
  explicit WhitespacePreTokenizer(UnicodeVersion version) : words_(version) {}
  void apply(Pieces& pieces, Pattern::Scratch&) const override {
    pieces.split([&](const PieceView& in, std::vector<Pieces::Part>& parts) {
      int previous = 0;
      for (std::size_t i = 0; i < in.text.size();) {
        const Character c = character_at(in.text, i);
        const std::size_t end = i + c.size_bytes;
        const int kind = words_.contains(c.code_point) ? 1 : is_white_space(c.code_point) ? 0 : 2;
        if (kind != 0 && kind == previous)
          parts.back().end = end;
        else if (kind != 0)
          parts.push_back({i, end});
        previous = kind;
        i = end;
      }
    });
  }

 private:
  WordCharacters words_;
};

class WhitespaceSplitPreTokenizer : public PreTokenizer {
 public:
  void apply(Pieces& pieces, Pattern::Scratch&) const override {
    split_at(pieces, SplitBehavior::kRemoved, is_white_space);
  }
};

class PunctuationPreTokenizer : public PreTokenizer {
 public:
  PunctuationPreTokenizer(SplitBehavior behavior, UnicodeVersion version)
      : behavior_(behavior), version_(version) {}
  void apply(Pieces& pieces, Pattern::Scratch&) const override {
    split_at(pieces, behavior_, [&](std::uint32_t c) { return is_bert_punctuation(c, version_); });
  }

 private:
  SplitBehavior behavior_;
  UnicodeVersion version_;
};

class BertPreTokenizer : public PreTokenizer {
 public:
  explicit BertPreTokenizer(UnicodeVersion version) : version_(version) {}
  void apply(Pieces& pieces, Pattern::Scratch&) const override {
    split_at(pieces, SplitBehavior::kRemoved, is_white_space);
    split_at(pieces, SplitBehavior::kIsolated,
             [&](std::uint32_t c) { return is_bert_punctuation(c, version_); });
  }

 private:
  UnicodeVersion version_;
};

class DigitsPreTokenizer : public PreTokenizer {
 public:
  DigitsPreTokenizer(bool individual, UnicodeVersion version)
      : behavior_(individual ? SplitBehavior::kIsolated : SplitBehavior::kContiguous),
        version_(version) {}
  void apply(Pieces& pieces, Pattern::Scratch&) const override {
    split_at(pieces, behavior_, [&](std::uint32_t c) { return is_numeric(c, version_); });
  }

 private:
  SplitBehavior behavior_;
  UnicodeVersion version_;
};

class DelimiterPreTokenizer : public PreTokenizer {
 public:
  explicit DelimiterPreTokenizer(std::string_view delimiter)
      : delimiter_(character_at(delimiter, 0).code_point) {}
  void apply(Pieces& pieces, Pattern::Scratch&) const override {
    split_at(pieces, SplitBehavior::kRemoved, [&](std::uint32_t c) { return c == delimiter_; });
  }

 private:
  std::uint32_t delimiter_;
};

/// What comes before the first character of some script is dropped, as the original does.
class ScriptsPreTokenizer : public PreTokenizer {
 public:
  void apply(Pieces& pieces, Pattern::Scratch&) const override {
    pieces.split([&](const PieceView& in, std::vector<Pieces::Part>& parts) {
      int last = 0;
      for (std::size_t i = 0; i < in.text.size();) {
        const Character c = character_at(in.text, i);
        const int script = script_of(c.code_point);
        if (script != 0 && script != last) {
          parts.push_back({i, i});
          last = script;
        }
        i += c.size_bytes;
        if (!parts.empty()) parts.back().end = i;
      }
    });
  }
};

class FixedLengthPreTokenizer : public PreTokenizer {
 public:
  explicit FixedLengthPreTokenizer(std::size_t length) : length_(length) {}
  void apply(Pieces& pieces, Pattern::Scratch&) const override {
    pieces.split([&](const PieceView& in, std::vector<Pieces::Part>& parts) {
      std::size_t count = 0;
      for (std::size_t i = 0; i < in.text.size(); ++count) {
        const std::size_t end = i + character_at(in.text, i).size_bytes;
        if (count % length_ == 0) parts.push_back({i, i});
        parts.back().end = end;
        i = end;
      }
    });
  }

 private:
  std::size_t length_;
};

/// Makes the object for each spec.
struct PreTokenizerMaker {
  const UnicodeProfile& unicode;
  using Made = Result<std::unique_ptr<const PreTokenizer>>;

  Made operator()(const spec::ByteLevel& s) const {
    ORCH_ASSIGN(TextMatcher words,
                TextMatcher::make({true, std::string(kByteLevelWords)}, unicode.patterns));
    return {std::make_unique<ByteLevelPreTokenizer>(s, std::move(words))};
  }
  Made operator()(const spec::Split& s) const {
    ORCH_ASSIGN(TextMatcher matcher, TextMatcher::make(s.pattern, unicode.patterns));
    return {std::make_unique<SplitPreTokenizer>(s, std::move(matcher))};
  }
  Made operator()(const spec::Metaspace& s) const {
    return {std::make_unique<MetaspacePreTokenizer>(s)};
  }
  Made operator()(const spec::Whitespace&) const {
    return {std::make_unique<WhitespacePreTokenizer>(unicode.patterns)};
  }
  Made operator()(const spec::WhitespaceSplit&) const {
    return {std::make_unique<WhitespaceSplitPreTokenizer>()};
  }
  Made operator()(const spec::BertPreTokenizer&) const {
    return {std::make_unique<BertPreTokenizer>(unicode.bert)};
  }
  Made operator()(const spec::UnicodeScripts&) const {
    return {std::make_unique<ScriptsPreTokenizer>()};
  }
  Made operator()(const spec::Punctuation& s) const {
    return {std::make_unique<PunctuationPreTokenizer>(s.behavior, unicode.bert)};
  }
  Made operator()(const spec::Digits& s) const {
    return {std::make_unique<DigitsPreTokenizer>(s.individual_digits, unicode.letters)};
  }
  Made operator()(const spec::CharDelimiterSplit& s) const {
    return {std::make_unique<DelimiterPreTokenizer>(s.delimiter)};
  }
  Made operator()(const spec::FixedLength& s) const {
    return {std::make_unique<FixedLengthPreTokenizer>(s.length)};
  }
};

}  // namespace

Result<PreTokenizers> make_pre_tokenizers(const std::vector<PreTokenizerSpec>& specs,
                                          const UnicodeProfile& unicode) {
  PreTokenizers out;
  for (const PreTokenizerSpec& spec : specs) {
    ORCH_ASSIGN(auto made, std::visit(PreTokenizerMaker{unicode}, spec));
    out.push_back(std::move(made));
  }
  return out;
}

}  // namespace orch::tokenizer
