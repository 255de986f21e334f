// WordPiece (the longest known prefix, again and again) and WordLevel (whole words), and what all
// models share.

#include <algorithm>
#include <cstdio>

#include "jobs/tokenizer/model.h"
#include "jobs/tokenizer/unicode_classes.h"

namespace orch::tokenizer {

namespace {

Error no_unknown_token(std::string_view piece, const std::string& token) {
  return invalid("'" + std::string(piece) +
                 "' is not in the vocabulary, nor is the unknown token '" + token + "'");
}

class WordPiece : public Model {
 public:
  WordPiece(const spec::WordPiece& spec, const TokenList& tokens, const TokenIndex& index)
      : spec_(spec), index_(index), unk_(index.find(spec.unk_token)) {
    for (const std::string_view token : tokens) longest_ = std::max(longest_, token.size());
  }

  Result<void> tokenize(std::string_view piece, std::vector<ModelToken>& out) const override {
    const auto characters = static_cast<std::size_t>(
        std::count_if(piece.begin(), piece.end(), [](char c) { return !continues_character(c); }));
    const std::size_t before = out.size();
    if (characters <= spec_.max_input_chars_per_word && cut(piece, out)) return {};
    out.resize(before);
    if (unk_ < 0) return no_unknown_token(piece, spec_.unk_token);
    out.push_back({unk_, 0, static_cast<std::uint32_t>(piece.size()), false});
    return {};
  }

 private:
  /// False: some part is not in the vocabulary.
  bool cut(std::string_view piece, std::vector<ModelToken>& out) const {
    std::string spelled;
    for (std::size_t begin = 0; begin < piece.size();) {
      const std::string_view prefix =
          begin == 0 ? std::string_view() : std::string_view(spec_.continuing_subword_prefix);
      std::size_t end =
          std::min(piece.size(), begin + longest_ - std::min(longest_, prefix.size()));
      while (end < piece.size() && end > begin && continues_character(piece[end])) --end;
      std::int32_t id = -1;
      for (; end > begin; --end) {
        if (end < piece.size() && continues_character(piece[end])) continue;
        spelled.assign(prefix);
        spelled += piece.substr(begin, end - begin);
        id = index_.find(spelled);
        if (id >= 0) break;
      }
      if (id < 0) return false;
      out.push_back(
          {id, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end), false});
      begin = end;
    }
    return true;
  }

  spec::WordPiece spec_;
  const TokenIndex& index_;
  std::int32_t unk_;
  std::size_t longest_ = 0;
};

class WordLevel : public Model {
 public:
  WordLevel(const spec::WordLevel& spec, const TokenIndex& index)
      : spec_(spec), index_(index), unk_(index.find(spec.unk_token)) {}

  Result<void> tokenize(std::string_view piece, std::vector<ModelToken>& out) const override {
    std::int32_t id = index_.find(piece);
    if (id < 0) id = unk_;
    if (id < 0) return no_unknown_token(piece, spec_.unk_token);
    out.push_back({id, 0, static_cast<std::uint32_t>(piece.size()), false});
    return {};
  }

 private:
  spec::WordLevel spec_;
  const TokenIndex& index_;
  std::int32_t unk_;
};

}  // namespace

std::unique_ptr<const Model> make_word_piece(const spec::WordPiece& spec, const TokenList& tokens,
                                             const TokenIndex& index) {
  return std::make_unique<WordPiece>(spec, tokens, index);
}

std::unique_ptr<const Model> make_word_level(const spec::WordLevel& spec, const TokenIndex& index) {
  return std::make_unique<WordLevel>(spec, index);
}

std::string byte_token(unsigned char byte) {
  char text[8];
  std::snprintf(text, sizeof text, "<0x%02X>", byte);
  return text;
}

TokenIndex index_tokens(const TokenizerFile& file) {
  TokenIndex index(file.tokens.size());
  for (std::size_t id = 0; id < file.tokens.size(); ++id)
    if (!file.tokens[id].empty()) index.assign(file.tokens[id], static_cast<std::int32_t>(id));
  if (file.empty_token >= 0) index.assign("", file.empty_token);
  return index;
}

std::unique_ptr<const Model> make_model(const TokenizerFile& file, const TokenIndex& index) {
  if (const auto* bpe = std::get_if<spec::Bpe>(&file.model))
    return make_bpe(*bpe, file.tokens, index);
  if (const auto* unigram = std::get_if<spec::Unigram>(&file.model))
    return make_unigram(*unigram, file.tokens, index);
  if (const auto* words = std::get_if<spec::WordPiece>(&file.model))
    return make_word_piece(*words, file.tokens, index);
  return make_word_level(std::get<spec::WordLevel>(file.model), index);
}

}  // namespace orch::tokenizer
