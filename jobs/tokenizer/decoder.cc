#include "jobs/tokenizer/decoder.h"

#include <algorithm>
#include <charconv>

#include "jobs/tokenizer/byte_alphabet.h"
#include "jobs/tokenizer/text_split.h"
#include "jobs/tokenizer/unicode_classes.h"

namespace orch::tokenizer {

namespace {

using Tokens = std::vector<std::string>;

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  std::string out;
  std::size_t done = 0;
  if (from.empty()) {  // between all characters, and at both ends
    for (std::size_t i = 0; i < text.size(); i += character_at(text, i).size_bytes) {
      out += to;
      out += std::string_view(text).substr(i, character_at(text, i).size_bytes);
    }
    text = out += to;
    return;
  }
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, done)) {
    out.append(text, done, at - done);
    out += to;
    done = at + from.size();
  }
  if (done == 0) return;
  out.append(text, done);
  text = std::move(out);
}

/// English typography, as the original tidies it.
void clean_up(std::string& text) {
  constexpr std::string_view kRules[][2] = {{" .", "."},     {" ?", "?"},           {" !", "!"},
                                            {" ,", ","},     {" ' ", "'"},          {" n't", "n't"},
                                            {" 'm", "'m"},   {" do not", " don't"}, {" 's", "'s"},
                                            {" 've", "'ve"}, {" 're", "'re"}};
  for (const auto& rule : kRules) replace_all(text, rule[0], rule[1]);
}

class ByteLevelDecoder : public Decoder {
 public:
  void apply(Tokens& tokens, Pattern::Scratch&) const override {
    std::string bytes;
    for (const std::string& token : tokens) bytes += bytes_of_spelling(token);
    tokens.assign(1, repair_utf8(bytes));
  }
};

class ByteFallbackDecoder : public Decoder {
 public:
  void apply(Tokens& tokens, Pattern::Scratch&) const override {
    Tokens out;
    std::string bytes;
    const auto flush = [&] {
      if (bytes.empty()) return;
      if (valid_utf8_prefix(bytes) == bytes.size())
        out.push_back(bytes);
      else
        out.insert(out.end(), bytes.size(), "\uFFFD");
      bytes.clear();
    };
    for (std::string& token : tokens) {
      const int byte = byte_of_token(token);
      if (byte >= 0) {
        bytes += static_cast<char>(byte);
        continue;
      }
      flush();
      out.push_back(std::move(token));
    }
    flush();
    tokens.swap(out);
  }
};

class FuseDecoder : public Decoder {
 public:
  void apply(Tokens& tokens, Pattern::Scratch&) const override {
    std::string whole;
    for (const std::string& token : tokens) whole += token;
    tokens.assign(1, std::move(whole));
  }
};

class StripDecoder : public Decoder {
 public:
  explicit StripDecoder(spec::StripDecoder spec) : spec_(std::move(spec)) {}
  void apply(Tokens& tokens, Pattern::Scratch&) const override {
    for (std::string& token : tokens) {
      std::string_view rest = token;
      for (std::size_t i = 0; i < spec_.start && rest.starts_with(spec_.content); ++i)
        rest.remove_prefix(spec_.content.size());
      for (std::size_t i = 0; i < spec_.stop && rest.ends_with(spec_.content); ++i)
        rest.remove_suffix(spec_.content.size());
      token = std::string(rest);
    }
  }

 private:
  spec::StripDecoder spec_;
};

class ReplaceDecoder : public Decoder {
 public:
  ReplaceDecoder(TextMatcher matcher, std::string content)
      : matcher_(std::move(matcher)), content_(std::move(content)) {}
  void apply(Tokens& tokens, Pattern::Scratch& scratch) const override {
    std::vector<Match> found;
    for (std::string& token : tokens) {
      if (token.empty()) continue;
      found.clear();
      matcher_.matches(token, scratch, found);
      std::string out;
      for (const Match& match : found)
        out += match.is_match
                   ? std::string_view(content_)
                   : std::string_view(token).substr(match.begin, match.end - match.begin);
      token = std::move(out);
    }
  }

 private:
  TextMatcher matcher_;
  std::string content_;
};

class MetaspaceDecoder : public Decoder {
 public:
  explicit MetaspaceDecoder(spec::Metaspace spec) : spec_(std::move(spec)) {}
  void apply(Tokens& tokens, Pattern::Scratch&) const override {
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      const bool drop = i == 0 && spec_.prepend_scheme != PrependScheme::kNever;
      replace_all(tokens[i], spec_.replacement, drop ? "" : " ");
    }
  }

 private:
  spec::Metaspace spec_;
};

class WordPieceDecoder : public Decoder {
 public:
  explicit WordPieceDecoder(spec::WordPieceDecoder spec) : spec_(std::move(spec)) {}
  void apply(Tokens& tokens, Pattern::Scratch&) const override {
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      if (i > 0 && tokens[i].starts_with(spec_.prefix))
        tokens[i].erase(0, spec_.prefix.size());
      else if (i > 0)
        tokens[i] = " " + tokens[i];
      if (spec_.cleanup) clean_up(tokens[i]);
    }
  }

 private:
  spec::WordPieceDecoder spec_;
};

class BpeDecoder : public Decoder {
 public:
  explicit BpeDecoder(std::string suffix) : suffix_(std::move(suffix)) {}
  void apply(Tokens& tokens, Pattern::Scratch&) const override {
    for (std::size_t i = 0; i < tokens.size(); ++i)
      replace_all(tokens[i], suffix_, i + 1 == tokens.size() ? "" : " ");
  }

 private:
  std::string suffix_;
};

class CtcDecoder : public Decoder {
 public:
  explicit CtcDecoder(spec::Ctc spec) : spec_(std::move(spec)) {}
  void apply(Tokens& tokens, Pattern::Scratch&) const override {
    tokens.erase(std::unique(tokens.begin(), tokens.end()), tokens.end());
    for (std::string& token : tokens) {
      replace_all(token, spec_.pad_token, "");
      if (!spec_.cleanup) continue;
      clean_up(token);
      replace_all(token, spec_.word_delimiter_token, " ");
    }
    std::erase_if(tokens, [](const std::string& token) { return token.empty(); });
  }

 private:
  spec::Ctc spec_;
};

/// Makes the object for each spec.
struct DecoderMaker {
  const UnicodeProfile& unicode;
  using Made = Result<std::unique_ptr<const Decoder>>;

  Made operator()(const spec::ByteLevel&) const { return {std::make_unique<ByteLevelDecoder>()}; }
  Made operator()(const spec::ByteFallback&) const {
    return {std::make_unique<ByteFallbackDecoder>()};
  }
  Made operator()(const spec::Fuse&) const { return {std::make_unique<FuseDecoder>()}; }
  Made operator()(const spec::StripDecoder& s) const { return {std::make_unique<StripDecoder>(s)}; }
  Made operator()(const spec::Replace& s) const {
    ORCH_ASSIGN(TextMatcher matcher, TextMatcher::make(s.pattern, unicode.patterns));
    return {std::make_unique<ReplaceDecoder>(std::move(matcher), s.content)};
  }
  Made operator()(const spec::Metaspace& s) const {
    return {std::make_unique<MetaspaceDecoder>(s)};
  }
  Made operator()(const spec::WordPieceDecoder& s) const {
    return {std::make_unique<WordPieceDecoder>(s)};
  }
  Made operator()(const spec::BpeDecoder& s) const {
    return {std::make_unique<BpeDecoder>(s.suffix)};
  }
  Made operator()(const spec::Ctc& s) const { return {std::make_unique<CtcDecoder>(s)}; }
};

}  // namespace

Result<Decoders> make_decoders(const std::vector<DecoderSpec>& specs,
                               const UnicodeProfile& unicode) {
  Decoders out;
  for (const DecoderSpec& spec : specs) {
    ORCH_ASSIGN(auto made, std::visit(DecoderMaker{unicode}, spec));
    out.push_back(std::move(made));
  }
  return out;
}

int byte_of_token(std::string_view spelling) {
  if (spelling.size() != 6 || !spelling.starts_with("<0x") || spelling[5] != '>') return -1;
  // As Rust reads a number in base 16: one sign is allowed.
  const char* begin = spelling.data() + (spelling[3] == '+' ? 4 : 3);
  int value = -1;
  const auto [end, error] = std::from_chars(begin, spelling.data() + 5, value, 16);
  return error == std::errc() && end == spelling.data() + 5 && value >= 0 ? value : -1;
}

std::string bytes_of_spelling(std::string_view spelling) {
  auto bytes = unspell_bytes(spelling);
  return bytes ? std::move(*bytes) : std::string(spelling);
}

}  // namespace orch::tokenizer
