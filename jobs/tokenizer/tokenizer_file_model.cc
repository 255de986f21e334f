// The model of a tokenizer.json: its vocabulary, merges or scores.

#include <algorithm>
#include <cmath>

#include "jobs/tokenizer/side_task.h"
#include "jobs/tokenizer/tokenizer_file_reader.h"

namespace orch::tokenizer {

namespace {

constexpr std::size_t kPlacesAhead = 32;  ///< so many places in the index are fetched together
constexpr std::int64_t kSparseIdMax = 1 << 20;  ///< ids may be this high in any vocabulary
constexpr std::int64_t kHolesPerToken = 8;      ///< and this much higher than there are tokens

/// Of a pair that occurs twice the original keeps the later rank. The same pair makes the same
/// token, so only the merges of one token are compared.
void drop_repeated(MergeList& merges, std::size_t tokens) {
  constexpr std::uint32_t kNone = ~0U;
  using Links = std::vector<std::uint32_t, PageAllocator<std::uint32_t>>;
  Links last(tokens, kNone), before(merges.size(), kNone);
  std::vector<bool> stale(merges.size());
  bool any = false;
  for (std::uint32_t rank = 0; rank < merges.size(); ++rank) {
    const Merge& merge = merges[rank];
    std::uint32_t* link = &last[static_cast<std::size_t>(merge.merged)];
    before[rank] = *link;
    *link = rank;
    for (link = &before[rank]; *link != kNone; link = &before[*link]) {
      const Merge& other = merges[*link];
      if (other.left != merge.left || other.right != merge.right) continue;
      stale[*link] = any = true;
      *link = before[*link];
      break;
    }
  }
  if (!any) return;
  std::size_t kept = 0;
  for (std::size_t rank = 0; rank < merges.size(); ++rank)
    if (!stale[rank]) merges[kept++] = merges[rank];
  merges.resize(kept);
}

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

Result<void> FileReader::place(const Entry& entry, std::int64_t id_max) {
  const auto& [token, id, hash] = entry;
  const auto in_vocabulary = [&] { return "model.vocab '" + std::string(token) + "'"; };
  if (id < 0 || id >= kTokenIdMax) return wrong(in_vocabulary(), "an id");
  if (id > id_max)
    return invalid(where_ + ": " + in_vocabulary() + ": id " + std::to_string(id) +
                   " is too high for a vocabulary of this size");
  const auto i = static_cast<std::size_t>(id);
  if (out_.tokens.size() <= i) out_.tokens.resize(i + 1);
  if (!out_.tokens[i].empty() || id == out_.empty_token)
    return invalid(where_ + ": id " + std::to_string(id) + " is both '" +
                   std::string(out_.tokens[i]) + "' and '" + std::string(token) + "'");
  if (token.empty()) out_.empty_token = static_cast<std::int32_t>(id);
  out_.tokens[i] = token;
  if (!index_.insert(token, static_cast<std::int32_t>(id), hash))
    return invalid(where_ + ": " + in_vocabulary() + " occurs twice");
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
  std::vector<Entry> ahead;
  ahead.reserve(kPlacesAhead);
  const auto take = [&]() -> Result<void> {
    for (const Entry& entry : ahead) ORCH_TRY(place(entry, id_max));
    ahead.clear();
    return {};
  };
  for (const auto field : vocabulary) {
    std::int64_t id = -1;
    if (field.value.get(id)) return wrong("model.vocab '" + std::string(field.key) + "'", "an id");
    ahead.push_back({field.key, id, TokenIndex::hash(field.key)});
    index_.prefetch(ahead.back().hash);
    if (ahead.size() == kPlacesAhead) ORCH_TRY(take());
  }
  return take();
}

Result<void> FileReader::read_bpe(object model) {
  ORCH_TRY(only(model, "model",
                {"type", "dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix",
                 "fuse_unk", "byte_fallback", "ignore_merges", "vocab", "merges", "user_defined"}));
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
  ORCH_TRY(read_user_defined(model, bpe));
  out_.model = std::move(bpe);
  return {};
}

Result<void> FileReader::read_user_defined(object model, spec::Bpe& bpe) const {
  if (absent(model, "user_defined")) return {};
  array list;
  if (model["user_defined"].get(list)) return wrong("model.user_defined", "a list of tokens");
  for (const element e : list) {
    std::string_view token;
    const std::int32_t id = e.get(token) ? -1 : index_.find(token);
    if (id < 0 || token.empty()) return wrong("model.user_defined", "a list of tokens");
    bpe.user_defined.push_back(id);
  }
  return {};
}

/// False: a line that says nothing ("#version: 0.2").
Result<bool> FileReader::merge_text(element e, std::size_t rank, MergeText& merge) const {
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
  merge = {rank, a, b, TokenIndex::hash(a), TokenIndex::hash(b)};
  index_.prefetch(merge.left_hash);
  index_.prefetch(merge.right_hash);
  return true;
}

/// The token that is `left` and `right` together; -1: none. Merges mostly stand in the order of
/// what they make: `near` and the id behind it are tried first.
std::int32_t FileReader::joined(std::string_view left, std::string_view right,
                                std::int32_t near) const {
  const std::size_t size = left.size() + right.size();
  for (const std::int32_t id : {near, near + 1}) {
    const auto i = static_cast<std::size_t>(id);
    if (id < 0 || i >= out_.tokens.size() || size == 0) continue;
    const std::string_view token = out_.tokens[i];
    if (token.size() == size && token.starts_with(left) && token.ends_with(right)) return id;
  }
  std::string whole;
  whole.reserve(size);
  whole += left;
  whole += right;
  return index_.find(whole);
}

Result<Merge> FileReader::merge_of(const MergeText& text, const std::string& prefix,
                                   std::int32_t near) const {
  const auto in_merge = [&](std::string_view token, const char* what) {
    return invalid(where_ + ": model.merges[" + std::to_string(text.rank) + "]: '" +
                   std::string(token) + "' is " + what);
  };
  constexpr char kUnknown[] = "not in model.vocab";
  Merge merge;
  merge.left = index_.find(text.left, text.left_hash);
  if (merge.left < 0) return in_merge(text.left, kUnknown);
  merge.right = index_.find(text.right, text.right_hash);
  if (merge.right < 0) return in_merge(text.right, kUnknown);
  if (text.right.size() < prefix.size())
    return in_merge(text.right, "shorter than continuing_subword_prefix");
  const std::string_view rest = text.right.substr(prefix.size());
  merge.merged = joined(text.left, rest, near);
  if (merge.merged < 0) return in_merge(std::string(text.left) + std::string(rest), kUnknown);
  return merge;
}

Result<void> FileReader::resolve_merges(array::iterator at, array::iterator end,
                                        std::size_t position, const std::string& prefix,
                                        MergeList& merges) const {
  std::vector<MergeText> texts;
  texts.reserve(kPlacesAhead);
  std::int32_t near = -1;
  const auto take = [&]() -> Result<void> {
    for (const MergeText& text : texts) {
      ORCH_ASSIGN(const Merge merge, merge_of(text, prefix, near));
      near = merge.merged;
      merges.push_back(merge);
    }
    texts.clear();
    return {};
  };
  for (; at != end; ++at) {
    MergeText text;
    ORCH_ASSIGN(const bool says, merge_text(*at, position++, text));
    if (says) texts.push_back(text);
    if (texts.size() == kPlacesAhead) ORCH_TRY(take());
  }
  return take();
}

Result<void> FileReader::read_merges(object model, spec::Bpe& bpe) {
  array merges;
  if (model["merges"].get(merges)) return wrong("model.merges", "a list");
  const std::string& prefix = bpe.continuing_subword_prefix;
  const std::size_t count = merges.size();
  const std::size_t half = count < kMergesAside ? 0 : count / 2;
  array::iterator middle = merges.begin();
  for (std::size_t i = 0; i < half; ++i) ++middle;
  bpe.merges.reserve(count);
  MergeList rest;
  Result<void> first_done, rest_done;
  const auto resolve_first = [&] {
    first_done = resolve_merges(merges.begin(), middle, 0, prefix, bpe.merges);
  };
  const auto resolve_rest = [&] {
    rest.reserve(count - half);
    rest_done = resolve_merges(middle, merges.end(), half, prefix, rest);
  };
  if (half == 0) {
    resolve_rest();
  } else {
    SideTask beside(resolve_first);
    resolve_rest();
  }
  ORCH_TRY(std::move(first_done));
  ORCH_TRY(std::move(rest_done));
  bpe.merges.insert(bpe.merges.end(), rest.begin(), rest.end());
  drop_repeated(bpe.merges, out_.tokens.size());
  return {};
}

Result<void> FileReader::read_unigram(object model) {
  ORCH_TRY(
      only(model, "model", {"type", "unk_id", "vocab", "byte_fallback", "only_fallback_bytes"}));
  spec::Unigram unigram;
  ORCH_ASSIGN(unigram.byte_fallback, flag_or(model, "byte_fallback", false, "model"));
  ORCH_ASSIGN(unigram.only_fallback_bytes, flag_or(model, "only_fallback_bytes", false, "model"));
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
