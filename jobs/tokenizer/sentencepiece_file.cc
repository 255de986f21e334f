#include "jobs/tokenizer/sentencepiece_file.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "jobs/tokenizer/base64.h"
#include "jobs/tokenizer/token_index.h"
#include "jobs/tokenizer/tokenizer_file.h"
#include "jobs/tokenizer/unicode_classes.h"

namespace orch::tokenizer {

namespace {

using Json = nlohmann::ordered_json;

/// One field of a protocol buffer message.
struct Field {
  std::uint32_t number = 0;
  std::uint64_t value = 0;   ///< of a number
  std::string_view content;  ///< of text, bytes or a message
};

/// Reads the fields of one message, one after the other.
class Message {
 public:
  explicit Message(std::string_view bytes) : rest_(bytes) {}
  /// Nothing: the end, or broken() is true.
  std::optional<Field> next() {
    if (rest_.empty() || broken_) return std::nullopt;
    const std::uint64_t key = varint();
    Field field;
    field.number = static_cast<std::uint32_t>(key >> 3);
    switch (key & 7) {
      case 0:
        field.value = varint();
        break;
      case 1:
        field.value = fixed(8);
        break;
      case 2:
        field.content = take(varint());
        break;
      case 5:
        field.value = fixed(4);
        break;
      default:
        broken_ = true;
    }
    return broken_ ? std::nullopt : std::optional(field);
  }
  bool broken() const { return broken_; }

 private:
  std::string_view take(std::uint64_t size) {
    broken_ = broken_ || size > rest_.size();
    if (broken_) return {};
    const std::string_view out = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return out;
  }
  std::uint64_t fixed(std::size_t size) {
    std::uint64_t out = 0;
    const std::string_view bytes = take(size);
    for (std::size_t i = bytes.size(); i > 0; --i)
      out = out << 8 | static_cast<unsigned char>(bytes[i - 1]);
    return out;
  }
  std::uint64_t varint() {
    std::uint64_t out = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const std::string_view byte = take(1);
      if (byte.empty()) return 0;
      const auto b = static_cast<unsigned char>(byte[0]);
      out |= static_cast<std::uint64_t>(b & 0x7F) << shift;
      if (b < 0x80) return out;
    }
    broken_ = true;
    return 0;
  }

  std::string_view rest_;
  bool broken_ = false;
};

enum class PieceKind : std::uint64_t {
  kNormal = 1,
  kUnknown,
  kControl,
  kUserDefined,
  kUnused,
  kByte
};
/// An id in tokenizer_config.json is not further behind the last piece.
constexpr std::size_t kAddedIdsMax = 1 << 16;
constexpr std::uint64_t kUnigramModel = 1, kBpeModel = 2;

/// What tokenizer_config.json says of a token.
struct Flags {
  bool special = true, lstrip = false, rstrip = false, single_word = false;
};

struct Piece {
  std::string text;
  float score = 0;
  PieceKind kind = PieceKind::kNormal;
  std::optional<Flags> added;  ///< cut out of the text before anything else
};

struct SentencePieceModel {
  std::vector<Piece> pieces;
  std::uint64_t type = kUnigramModel;
  bool byte_fallback = false, space_at_end = false;
  bool dummy_prefix = true, one_space = true, escape = true;
  std::string charsmap;
  std::int64_t unk = 0, bos = 1, eos = 2;
};

bool read_piece(std::string_view bytes, Piece& out) {
  Message message(bytes);
  while (const auto f = message.next()) {
    if (f->number == 1) out.text = f->content;
    if (f->number == 2) out.score = std::bit_cast<float>(static_cast<std::uint32_t>(f->value));
    if (f->number == 3) out.kind = static_cast<PieceKind>(f->value);
  }
  return !message.broken() && std::isfinite(out.score) &&
         valid_utf8_prefix(out.text) == out.text.size();
}

bool read_trainer(std::string_view bytes, SentencePieceModel& out) {
  Message message(bytes);
  while (const auto f = message.next()) {
    if (f->number == 3) out.type = f->value;
    if (f->number == 24) out.space_at_end = f->value != 0;
    if (f->number == 35) out.byte_fallback = f->value != 0;
    const auto id = static_cast<std::int32_t>(f->value);
    if (f->number == 40) out.unk = id;
    if (f->number == 41) out.bos = id;
    if (f->number == 42) out.eos = id;
  }
  return !message.broken();
}

bool read_normalizer(std::string_view bytes, SentencePieceModel& out) {
  Message message(bytes);
  while (const auto f = message.next()) {
    if (f->number == 2) out.charsmap = f->content;
    if (f->number == 3) out.dummy_prefix = f->value != 0;
    if (f->number == 4) out.one_space = f->value != 0;
    if (f->number == 5) out.escape = f->value != 0;
  }
  return !message.broken();
}

bool read_model(std::string_view bytes, SentencePieceModel& out) {
  Message message(bytes);
  while (const auto f = message.next()) {
    bool good = true;
    if (f->number == 1) good = read_piece(f->content, out.pieces.emplace_back());
    if (f->number == 2) good = read_trainer(f->content, out);
    if (f->number == 3) good = read_normalizer(f->content, out);
    if (!good) return false;
  }
  return !message.broken() && !out.pieces.empty();
}

/// Every way to put a piece together from two others, the likeliest piece first.
Json merges_of(const SentencePieceModel& model) {
  struct Pair {
    float score = 0;
    std::int32_t left = 0, right = 0;
  };
  TokenIndex index(model.pieces.size());
  const auto whole = [](const Piece& p) { return p.kind == PieceKind::kNormal; };
  for (std::size_t id = 0; id < model.pieces.size(); ++id)
    if (whole(model.pieces[id])) index.insert(model.pieces[id].text, static_cast<std::int32_t>(id));
  std::vector<Pair> pairs;
  for (const Piece& piece : model.pieces) {
    if (!whole(piece)) continue;
    const std::string_view text = piece.text;
    const std::size_t before = pairs.size();
    for (std::size_t i = character_at(text, 0).size_bytes; i < text.size();
         i += character_at(text, i).size_bytes) {
      const std::int32_t left = index.find(text.substr(0, i));
      const std::int32_t right = left < 0 ? -1 : index.find(text.substr(i));
      if (right >= 0) pairs.push_back({piece.score, left, right});
    }
    std::sort(pairs.begin() + static_cast<std::ptrdiff_t>(before), pairs.end(),
              [](const Pair& a, const Pair& b) {
                return a.left != b.left ? a.left < b.left : a.right < b.right;
              });
  }
  std::stable_sort(pairs.begin(), pairs.end(),
                   [](const Pair& a, const Pair& b) { return a.score > b.score; });
  Json out = Json::array();
  for (const Pair& pair : pairs)
    out.push_back({model.pieces[static_cast<std::size_t>(pair.left)].text,
                   model.pieces[static_cast<std::size_t>(pair.right)].text});
  return out;
}

Json user_defined(const SentencePieceModel& model) {
  Json out = Json::array();
  for (const Piece& piece : model.pieces)
    if (piece.kind == PieceKind::kUserDefined && !piece.added && !piece.text.empty())
      out.push_back(piece.text);
  return out;
}

Json model_json(const SentencePieceModel& model) {
  const std::string unk = model.pieces[static_cast<std::size_t>(model.unk)].text;
  if (model.type == kBpeModel) {
    Json vocabulary = Json::object();
    for (std::size_t id = 0; id < model.pieces.size(); ++id)
      if (!model.pieces[id].text.empty()) vocabulary[model.pieces[id].text] = id;
    return {{"type", "BPE"},
            {"dropout", nullptr},
            {"unk_token", unk},
            {"continuing_subword_prefix", nullptr},
            {"end_of_word_suffix", nullptr},
            {"fuse_unk", true},
            {"byte_fallback", model.byte_fallback},
            {"ignore_merges", false},
            {"vocab", std::move(vocabulary)},
            {"merges", merges_of(model)},
            {"user_defined", user_defined(model)}};
  }
  Json vocabulary = Json::array();
  for (const Piece& piece : model.pieces)
    vocabulary.push_back(Json::array({piece.text, static_cast<double>(piece.score)}));
  return {{"type", "Unigram"},
          {"unk_id", model.unk},
          {"vocab", std::move(vocabulary)},
          {"byte_fallback", model.byte_fallback},
          {"only_fallback_bytes", true}};
}

Json replace_json(const char* kind, const char* pattern, const char* content) {
  return {{"type", "Replace"}, {"pattern", {{kind, pattern}}}, {"content", content}};
}

Json normalizer_json(const SentencePieceModel& model) {
  Json parts = Json::array();
  if (!model.charsmap.empty())
    parts.push_back({{"type", "Precompiled"},
                     {"precompiled_charsmap", encode_base64(model.charsmap)},
                     {"longest_match", true}});
  if (model.one_space) {
    parts.push_back(replace_json("Regex", R"(\A +| +\z)", ""));
    parts.push_back(replace_json("Regex", " {2,}", " "));
  }
  if (model.dummy_prefix) parts.push_back({{"type", "Prepend"}, {"prepend", "\u2581"}});
  if (model.escape) parts.push_back(replace_json("String", " ", "\u2581"));
  return {{"type", "Sequence"}, {"normalizers", std::move(parts)}};
}

Json decoder_json(const SentencePieceModel& model) {
  Json parts = Json::array({replace_json("String", "\u2581", " "), Json{{"type", "ByteFallback"}},
                            Json{{"type", "Fuse"}}});
  if (model.dummy_prefix)
    parts.push_back({{"type", "Strip"}, {"content", " "}, {"start", 1}, {"stop", 0}});
  return {{"type", "Sequence"}, {"decoders", std::move(parts)}};
}

Json added_json(const SentencePieceModel& model) {
  Json out = Json::array();
  for (std::size_t id = 0; id < model.pieces.size(); ++id) {
    const Piece& piece = model.pieces[id];
    // Of a Unigram model the vocabulary cannot keep user-defined pieces whole.
    const bool user = piece.kind == PieceKind::kUserDefined && model.type == kUnigramModel;
    const bool special = piece.kind == PieceKind::kControl || piece.kind == PieceKind::kUnknown;
    if (!piece.added && !special && !user) continue;
    const Flags flags = piece.added.value_or(Flags{.special = special});
    out.push_back({{"id", id},
                   {"content", piece.text},
                   {"single_word", flags.single_word},
                   {"lstrip", flags.lstrip},
                   {"rstrip", flags.rstrip},
                   {"normalized", false},
                   {"special", flags.special}});
  }
  return out;
}

/// Tokens that tokenizer_config.json adds to the model or puts in the place of its pieces. They are
/// looked for in the raw text, whatever it says of "normalized": models have no other way.
Result<void> add_config_tokens(const Json& config, const std::string& where,
                               SentencePieceModel& model) {
  if (!config.is_object() || !config.contains("added_tokens_decoder")) return {};
  const std::string what = where + ": added_tokens_decoder of its tokenizer_config.json";
  const Json& list = config["added_tokens_decoder"];
  if (!list.is_object()) return invalid(what + " must be an object");
  for (const auto& [key, value] : list.items()) {
    const bool number =
        !key.empty() && key.size() < 9 &&
        std::all_of(key.begin(), key.end(), [](char c) { return c >= '0' && c <= '9'; });
    const std::size_t id = number ? std::stoul(key) : kTokenIdMax;
    const bool near = id < model.pieces.size() + kAddedIdsMax;
    const bool named = value.is_object() && value.contains("content") &&
                       value["content"].is_string() && value["content"] != "";
    if (!near || !named)
      return invalid(what + ": '" + key + "' must be an id, with a content that is not empty");
    const auto flag = [&](const char* name) {
      return value.contains(name) && value[name].is_boolean() && value[name].get<bool>();
    };
    if (id >= model.pieces.size()) model.pieces.resize(id + 1);
    Piece& piece = model.pieces[id];
    piece.text = value["content"].get<std::string>();
    if (piece.kind == PieceKind::kNormal) piece.kind = PieceKind::kUnused;
    piece.added = Flags{flag("special"), flag("lstrip"), flag("rstrip"), flag("single_word")};
  }
  return {};
}

/// A spelling has one id. In a Unigram model every id has a spelling.
Result<void> check_pieces(const SentencePieceModel& model, const std::string& where) {
  TokenIndex seen(model.pieces.size());
  for (std::size_t id = 0; id < model.pieces.size(); ++id) {
    const std::string& text = model.pieces[id].text;
    if (text.empty()) {
      if (model.type == kUnigramModel)
        return invalid(where + ": no piece has id " + std::to_string(id));
      continue;
    }
    if (const std::int32_t other = seen.find(text); other >= 0)
      return invalid(where + ": piece '" + text + "' has the ids " + std::to_string(other) +
                     " and " + std::to_string(id));
    seen.insert(text, static_cast<std::int32_t>(id));
  }
  return {};
}

Json post_processor_json(const SentencePieceModel& model, bool bos, bool eos) {
  Json single = Json::array(), specials = Json::object();
  const auto special = [&](std::int64_t id) {
    const std::string& name = model.pieces[static_cast<std::size_t>(id)].text;
    single.push_back({{"SpecialToken", {{"id", name}, {"type_id", 0}}}});
    specials[name] = {{"id", name}, {"ids", {id}}, {"tokens", {name}}};
  };
  if (bos) special(model.bos);
  single.push_back({{"Sequence", {{"id", "A"}, {"type_id", 0}}}});
  if (eos) special(model.eos);
  Json pair = single;
  for (Json piece : single) {
    const bool text = piece.contains("Sequence");
    Json& inner = piece[text ? "Sequence" : "SpecialToken"];
    inner["type_id"] = 1;
    if (text) inner["id"] = "B";
    pair.push_back(piece);
  }
  return {{"type", "TemplateProcessing"},
          {"single", std::move(single)},
          {"pair", std::move(pair)},
          {"special_tokens", std::move(specials)}};
}

}  // namespace

Result<std::string> convert_sentencepiece(std::string_view bytes, std::string_view config_json,
                                          const std::string& where) {
  SentencePieceModel model;
  if (!read_model(bytes, model)) return invalid(where + ": not a SentencePiece model");
  if (model.type != kBpeModel && model.type != kUnigramModel)
    return invalid(where + ": a SentencePiece model of words or characters is not supported");
  if (model.space_at_end) return invalid(where + ": treat_whitespace_as_suffix is not supported");
  const auto size = static_cast<std::int64_t>(model.pieces.size());
  if (model.unk < 0 || model.unk >= size || model.bos >= size || model.eos >= size)
    return invalid(where + ": an id of a special piece is not in the vocabulary");
  const Json config = Json::parse(config_json, nullptr, false);
  ORCH_TRY(add_config_tokens(config, where, model));
  ORCH_TRY(check_pieces(model, where));
  const auto wants = [&](const char* key, bool otherwise) {
    const bool said = config.is_object() && config.contains(key) && config[key].is_boolean();
    return said ? config[key].get<bool>() : otherwise;
  };
  const bool bos = model.bos >= 0 && wants("add_bos_token", true);
  const bool eos = model.eos >= 0 && wants("add_eos_token", false);
  const Json file = {{"version", "1.0"},
                     {"truncation", nullptr},
                     {"padding", nullptr},
                     {"added_tokens", added_json(model)},
                     {"normalizer", normalizer_json(model)},
                     {"pre_tokenizer", nullptr},
                     {"post_processor", post_processor_json(model, bos, eos)},
                     {"decoder", decoder_json(model)},
                     {"model", model_json(model)}};
  return file.dump();
}

}  // namespace orch::tokenizer
