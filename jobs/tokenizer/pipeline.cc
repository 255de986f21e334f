#include "jobs/tokenizer/pipeline.h"

#include <limits>
#include <set>

#include "jobs/tokenizer/length_limits.h"

namespace orch::tokenizer {

Result<std::unique_ptr<const Pipeline>> Pipeline::make(const TokenizerFile& file,
                                                       const UnicodeProfile& unicode, bool limits) {
  std::unique_ptr<Pipeline> pipeline(new Pipeline(file, unicode, limits));
  ORCH_TRY(pipeline->prepare(unicode));
  return std::unique_ptr<const Pipeline>(std::move(pipeline));
}

Result<void> Pipeline::prepare(const UnicodeProfile& unicode) {
  ORCH_ASSIGN(normalizers_, make_normalizers(file_.normalizers, unicode));
  ORCH_ASSIGN(pre_tokenizers_, make_pre_tokenizers(file_.pre_tokenizers, unicode));
  model_ = make_model(file_, index_);
  trims_ = trims_offsets(file_.post_processors);
  if (file_.decoders) {
    ORCH_ASSIGN(decoders_, make_decoders(*file_.decoders, unicode));
  }
  return prepare_added();
}

Result<void> Pipeline::prepare_added() {
  spellings_.resize(file_.tokens.size());
  for (std::size_t id = 0; id < file_.tokens.size(); ++id)
    if (!file_.tokens[id].empty()) spellings_[id].emplace(file_.tokens[id]);
  if (file_.empty_token >= 0) spellings_[static_cast<std::size_t>(file_.empty_token)] = "";
  Pattern::Scratch scratch;
  std::set<std::string_view> special;
  for (const AddedToken& token : file_.added) {
    const auto id = static_cast<std::size_t>(token.id);
    if (spellings_.size() <= id) spellings_.resize(id + 1);
    const std::string spelled =
        token.normalized ? normalized_text(normalizers_, token.content, scratch) : token.content;
    ORCH_TRY(scratch.status());
    ORCH_TRY((token.normalized ? normalized_ : raw_).add(token, spelled));
    spellings_[id] = spelled;
    added_ids_.assign(token.content, token.id);
    if (token.special) special.insert(token.content);
  }
  // Special is what is spelled like a special token, as the original compares.
  special_.resize(spellings_.size());
  for (std::size_t id = 0; id < spellings_.size(); ++id)
    special_[id] = spellings_[id] && special.count(*spellings_[id]) > 0;
  return {};
}

Result<void> Pipeline::tokenize_piece(const Pieces& pieces, const Pieces::Piece& piece,
                                      std::vector<ModelToken>& made,
                                      std::vector<EncodedToken>& out) const {
  const PieceView view = pieces.view(piece);
  if (piece.added >= 0) {
    EncodedToken token{piece.added, piece.covers};
    if (trims_) count_white_space(view.text, token);
    out.push_back(token);
    return {};
  }
  if (view.text.empty()) return {};
  made.clear();
  ORCH_TRY(model_->tokenize(view.text, made));
  for (const ModelToken& part : made) {
    EncodedToken token{part.id, {part.begin, part.end}};
    if (part.begin == part.end)
      token.at = {view.covers.begin + part.begin, view.covers.begin + part.begin};
    else if (part.end <= view.text.size())  // else the original leaves them as they are
      token.at = {view.from[part.begin].begin, view.from[part.end - 1].end};
    if (trims_) {
      const auto& spelled = spellings_[static_cast<std::size_t>(part.id)];
      std::string_view shown;
      if (part.surface)
        shown = view.text.substr(part.begin, part.end - part.begin);
      else if (spelled)
        shown = *spelled;
      count_white_space(shown, token);
    }
    out.push_back(token);
  }
  return {};
}

Result<void> Pipeline::encode(std::string_view text, bool special,
                              std::vector<EncodedToken>& out) const {
  if (text.size() >= std::numeric_limits<std::uint32_t>::max())
    return invalid("a text of " + std::to_string(text.size()) +
                   " bytes is too long for one document");
  Pattern::Scratch scratch;
  Pieces pieces(text);
  pieces.split(
      [&](const PieceView& in, std::vector<Pieces::Part>& parts) { raw_.cut(in.text, parts); });
  for (const auto& normalizer : normalizers_)
    pieces.rewrite(
        [&](const PieceView& in, AlignedText& to) { normalizer->apply(in, to, scratch); });
  pieces.split([&](const PieceView& in, std::vector<Pieces::Part>& parts) {
    normalized_.cut(in.text, parts);
  });
  for (const auto& pre_tokenizer : pre_tokenizers_) pre_tokenizer->apply(pieces, scratch);
  ORCH_TRY(scratch.status());
  std::vector<EncodedToken> tokens;
  std::vector<ModelToken> made;
  for (const Pieces::Piece& piece : pieces.list())
    ORCH_TRY(tokenize_piece(pieces, piece, made, tokens));
  if (limits_ && file_.truncation)
    ORCH_TRY(
        truncate_tokens(*file_.truncation, special ? added_by(file_.post_processors) : 0, tokens));
  tokens = post_process(file_.post_processors, std::move(tokens), text, special);
  if (limits_ && file_.padding) pad_tokens(*file_.padding, tokens);
  out.insert(out.end(), tokens.begin(), tokens.end());
  return {};
}

std::string Pipeline::decode(std::span<const std::int32_t> ids, bool skip_special) const {
  std::vector<std::string> tokens;
  for (const std::int32_t id : ids) {
    const std::string* spelled = spelling(id);
    if (spelled != nullptr && !(skip_special && is_special(id))) tokens.push_back(*spelled);
  }
  std::string out;
  if (decoders_) {
    Pattern::Scratch scratch;
    for (const auto& decoder : *decoders_) decoder->apply(tokens, scratch);
    for (const std::string& token : tokens) out += token;
    return out;
  }
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (i > 0) out += ' ';
    out += tokens[i];
  }
  return out;
}

const std::string* Pipeline::spelling(std::int32_t id) const {
  const auto i = static_cast<std::size_t>(id);
  return id >= 0 && i < spellings_.size() && spellings_[i] ? &*spellings_[i] : nullptr;
}

std::int32_t Pipeline::id_of(std::string_view token) const {
  const std::int32_t added = added_ids_.find(token);
  return added >= 0 ? added : index_.find(token);
}

bool Pipeline::is_special(std::int32_t id) const {
  const auto i = static_cast<std::size_t>(id);
  return id >= 0 && i < special_.size() && special_[i];
}

}  // namespace orch::tokenizer
