// The model of a tokenizer.json: its vocabulary, merges or scores.

#include <algorithm>
#include <cmath>

#include "jobs/tokenizer/tokenizer_file_reader.h"

namespace orch::tokenizer {

namespace {

constexpr std::int64_t kSparseIdMax = 1 << 20;  ///< ids may be this high in any vocabulary
constexpr std::int64_t kHolesPerToken = 8;      ///< and this much higher than there are tokens

}  // namespace

Result<std::string> FileReader::model_type(object model) const {
  if (!absent(model, "type")) return text(model, "type", "model");
  // The first files had no type; the original then tries the kinds in this order.
  if (!absent(model, "merges")) return std::string("BPE");
  if (!absent(model, "continuing_subword_prefix")) return std::string("WordPiece");
  if (!absent(model, "unk_token")) return std::string("WordLevel");
  return std::string("Unigram");
}

Result<void> FileReader::read_model(object top) {
  object model;
  if (top["model"].get(model)) return wrong("model", "an object");
  ORCH_ASSIGN(const std::string type, model_type(model));
  if (type == "BPE") return read_bpe(model);
  if (type == "Unigram") return read_unigram(model);
  if (type == "WordPiece" || type == "WordLevel") return read_word_models(model, type);
  return unsupported("model '" + type + "'");
}

Result<void> FileReader::place(std::string_view token, std::int64_t id, std::int64_t id_max) {
  const std::string name(token);
  if (id < 0 || id >= kTokenIdMax) return wrong("model.vocab '" + name + "'", "an id");
  if (id > id_max)
    return invalid(where_ + ": model.vocab '" + name + "': id " + std::to_string(id) +
                   " is too high for a vocabulary of this size");
  const auto i = static_cast<std::size_t>(id);
  if (out_.tokens.size() <= i) out_.tokens.resize(i + 1);
  if (!out_.tokens[i].empty() || id == out_.empty_token)
    return invalid(where_ + ": id " + std::to_string(id) + " is both '" + out_.tokens[i] +
                   "' and '" + name + "'");
  if (token.empty()) out_.empty_token = static_cast<std::int32_t>(id);
  out_.tokens[i] = name;
  if (!index_.insert(token, static_cast<std::int32_t>(id)))
    return invalid(where_ + ": model.vocab '" + name + "' occurs twice");
  return {};
}

Result<void> FileReader::read_vocabulary(object model) {
  object vocabulary;
  if (model["vocab"].get(vocabulary)) return wrong("model.vocab", "an object of token: id");
  std::int64_t entries = 0;
  for ([[maybe_unused]] const auto field : vocabulary) ++entries;
  const std::int64_t id_max = std::max(kSparseIdMax, entries * kHolesPerToken);
  out_.tokens.reserve(static_cast<std::size_t>(entries));
  index_ = TokenIndex(static_cast<std::size_t>(entries));
  for (const auto field : vocabulary) {
    std::int64_t id = -1;
    if (field.value.get(id)) return wrong("model.vocab '" + std::string(field.key) + "'", "an id");
    ORCH_TRY(place(field.key, id, id_max));
  }
  return {};
}

Result<void> FileReader::read_bpe(object model) {
  ORCH_TRY(only(model, "model",
                {"type", "dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix",
                 "fuse_unk", "byte_fallback", "ignore_merges", "vocab", "merges"}));
  double dropout = 0;
  if (!absent(model, "dropout") && (model["dropout"].get(dropout) || dropout != 0))
    return unsupported("model.dropout");
  spec::Bpe bpe;
  if (!absent(model, "unk_token")) {
    ORCH_ASSIGN(bpe.unk_token, text(model, "unk_token", "model"));
  }
  if (!absent(model, "continuing_subword_prefix")) {
    ORCH_ASSIGN(bpe.continuing_subword_prefix, text(model, "continuing_subword_prefix", "model"));
  }
  if (!absent(model, "end_of_word_suffix")) {
    ORCH_ASSIGN(bpe.end_of_word_suffix, text(model, "end_of_word_suffix", "model"));
  }
  ORCH_ASSIGN(bpe.fuse_unk, flag_or(model, "fuse_unk", false, "model"));
  ORCH_ASSIGN(bpe.byte_fallback, flag_or(model, "byte_fallback", false, "model"));
  ORCH_ASSIGN(bpe.ignore_merges, flag_or(model, "ignore_merges", false, "model"));
  ORCH_TRY(read_vocabulary(model));
  ORCH_TRY(read_merges(model, bpe));
  out_.model = std::move(bpe);
  return {};
}

/// False: a line that says nothing ("#version: 0.2").
Result<bool> FileReader::merge_text(element e, std::size_t rank, std::string& left,
                                    std::string& right) const {
  const auto what = [&] { return "model.merges[" + std::to_string(rank) + "]"; };
  std::string_view a, b;
  array pair;
  if (!e.get(a)) {
    if (a.starts_with("#version")) return false;
    const std::size_t space = a.find(' ');
    if (space == std::string_view::npos || a.find(' ', space + 1) != std::string_view::npos)
      return wrong(what(), "two tokens with one space between");
    b = a.substr(space + 1);
    a = a.substr(0, space);
  } else if (e.get(pair) || pair.size() != 2 || pair.at(0).get(a) || pair.at(1).get(b)) {
    return wrong(what(), "a string or a pair of strings");
  }
  left = a;
  right = b;
  return true;
}

Result<Merge> FileReader::merge_of(const std::string& left, const std::string& right,
                                   const std::string& prefix, std::size_t rank) const {
  const auto unknown = [&](const std::string& token) {
    return invalid(where_ + ": model.merges[" + std::to_string(rank) + "]: '" + token +
                   "' is not in model.vocab");
  };
  Merge merge;
  merge.left = index_.find(left);
  if (merge.left < 0) return unknown(left);
  merge.right = index_.find(right);
  if (merge.right < 0) return unknown(right);
  if (right.size() < prefix.size())
    return invalid(where_ + ": model.merges[" + std::to_string(rank) + "]: '" + right +
                   "' is shorter than continuing_subword_prefix");
  const std::string whole = left + right.substr(prefix.size());
  merge.merged = index_.find(whole);
  if (merge.merged < 0) return unknown(whole);
  return merge;
}

Result<void> FileReader::read_merges(object model, spec::Bpe& bpe) {
  array merges;
  if (model["merges"].get(merges)) return wrong("model.merges", "a list");
  std::size_t position = 0;
  std::string left, right;
  for (const element e : merges) {
    ORCH_ASSIGN(const bool says, merge_text(e, position, left, right));
    if (says) {
      ORCH_ASSIGN(const Merge merge,
                  merge_of(left, right, bpe.continuing_subword_prefix, position));
      bpe.merges.push_back(merge);
    }
    ++position;
  }
  // Of a pair that occurs twice the original keeps the later rank.
  std::vector<std::pair<std::uint64_t, std::size_t>> order(bpe.merges.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    const Merge& m = bpe.merges[i];
    order[i] = {static_cast<std::uint64_t>(m.left) << 32 | static_cast<std::uint32_t>(m.right), i};
  }
  std::sort(order.begin(), order.end());
  std::vector<bool> stale(order.size());
  for (std::size_t i = 0; i + 1 < order.size(); ++i)
    if (order[i].first == order[i + 1].first) stale[order[i].second] = true;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < order.size(); ++i)
    if (!stale[i]) bpe.merges[kept++] = bpe.merges[i];
  bpe.merges.resize(kept);
  return {};
}

Result<void> FileReader::read_unigram(object model) {
  ORCH_TRY(only(model, "model", {"type", "unk_id", "vocab", "byte_fallback"}));
  spec::Unigram unigram;
  ORCH_ASSIGN(unigram.byte_fallback, flag_or(model, "byte_fallback", false, "model"));
  array vocabulary;
  if (model["vocab"].get(vocabulary)) return wrong("model.vocab", "a list of [token, score]");
  index_ = TokenIndex(vocabulary.size());
  for (const element e : vocabulary) {
    const auto id = static_cast<std::int32_t>(out_.tokens.size());
    array entry;
    std::string_view token;
    double score = 0;
    if (e.get(entry) || entry.size() != 2 || entry.at(0).get(token) || entry.at(1).get(score) ||
        !std::isfinite(score))
      return wrong("model.vocab[" + std::to_string(id) + "]", "[token, score]");
    if (id >= kTokenIdMax) return wrong("model.vocab", "shorter");
    if (token.empty()) out_.empty_token = id;
    out_.tokens.emplace_back(token);
    unigram.scores.push_back(score);
    index_.assign(token, id);  // a token may occur twice: the last one counts
  }
  if (!absent(model, "unk_id")) {
    std::int64_t unk = -1;
    if (model["unk_id"].get(unk) || unk < 0 ||
        unk >= static_cast<std::int64_t>(unigram.scores.size()))
      return wrong("model.unk_id", "an index of model.vocab");
    unigram.unk_id = static_cast<std::int32_t>(unk);
  }
  out_.model = std::move(unigram);
  return {};
}

Result<void> FileReader::read_word_models(object model, const std::string& type) {
  if (type == "WordLevel") {
    ORCH_TRY(only(model, "model", {"type", "vocab", "unk_token"}));
    spec::WordLevel words;
    ORCH_ASSIGN(words.unk_token, text(model, "unk_token", "model"));
    out_.model = std::move(words);
    return read_vocabulary(model);
  }
  ORCH_TRY(only(
      model, "model",
      {"type", "unk_token", "continuing_subword_prefix", "max_input_chars_per_word", "vocab"}));
  spec::WordPiece words;
  ORCH_ASSIGN(words.unk_token, text(model, "unk_token", "model"));
  ORCH_ASSIGN(words.continuing_subword_prefix, text(model, "continuing_subword_prefix", "model"));
  ORCH_ASSIGN(words.max_input_chars_per_word, count(model, "max_input_chars_per_word", "model"));
  out_.model = std::move(words);
  return read_vocabulary(model);
}

}  // namespace orch::tokenizer
