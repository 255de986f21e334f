#include "jobs/tokenizer/tokenizer.h"

#include <algorithm>
#include <unordered_map>

#include "base/file.h"
#include "jobs/data/json_text.h"
#include "jobs/tokenizer/added_tokens.h"
#include "jobs/tokenizer/bpe.h"
#include "jobs/tokenizer/byte_alphabet.h"
#include "jobs/tokenizer/tokenizer_file.h"
#include "jobs/tokenizer/unicode_classes.h"

namespace orch::tokenizer {

namespace {

/// Id → bytes, for vocabulary and added tokens.
std::vector<std::string> token_table(const TokenizerFile& file) {
  std::vector<std::string> table;
  for (const auto& spelled : file.tokens) table.push_back(unspell_bytes(spelled).value_or(spelled));
  for (const auto& token : file.added) {
    const auto i = static_cast<std::size_t>(token.id);
    if (table.size() <= i) table.resize(i + 1);
    table[i] = unspell_bytes(token.content).value_or(token.content);
  }
  return table;
}

/// Names under which published files end a document, when no tokenizer_config.json says so.
std::string usual_end_of_text(const std::vector<AddedToken>& added) {
  for (const char* name : {"<|end_of_text|>", "<|endoftext|>", "</s>", "<|im_end|>", "<eos>"})
    for (const auto& token : added)
      if (token.content == name) return name;
  for (const auto& token : added)
    if (token.special) return token.content;
  return {};
}

std::string default_config(const std::string& end_of_text) {
  std::string json = "{\n  \"tokenizer_class\": \"PreTrainedTokenizerFast\"";
  if (!end_of_text.empty()) json += ",\n  \"eos_token\": " + data::json_quoted(end_of_text);
  return json + ",\n  \"clean_up_tokenization_spaces\": false\n}\n";
}

}  // namespace

struct Tokenizer::State {
  State(TokenizerFile parsed)
      : file(std::move(parsed)),
        raw(UnicodeVersion::k16_0),
        normalized(UnicodeVersion::k16_0),
        bpe(token_table(file), file.merges, file.byte_ids, file.ignore_merges) {
    for (std::size_t id = 0; id < file.tokens.size(); ++id)
      if (!file.tokens[id].empty()) ids.emplace(file.tokens[id], static_cast<std::int32_t>(id));
    for (const auto& token : file.added) {
      ORCH_CHECK((token.normalized ? normalized : raw).add(token, token.content).ok(), "added");
      ids.emplace(token.content, token.id);
      if (token.special) special.push_back(token.id);
    }
    std::sort(special.begin(), special.end());
  }

  void encode_plain(std::string_view text, std::vector<std::int32_t>& out) const {
    std::string prefixed;
    if (file.add_prefix_space && !text.empty() && text[0] != ' ') {
      prefixed = " " + std::string(text);
      text = prefixed;
    }
    for (std::size_t begin = 0; begin < text.size();) {
      const std::size_t end = piece_end(file.pattern, text, begin);
      bpe.encode_piece(text.substr(begin, end - begin), out);
      begin = end;
    }
  }

  /// Cuts out one kind of added tokens; what lies between goes to `between`.
  template <typename Between>
  static void cut(const AddedTokens& tokens, std::string_view text, std::vector<std::int32_t>& out,
                  const Between& between) {
    std::vector<Pieces::Part> parts;
    tokens.cut(text, parts);
    for (const Pieces::Part& part : parts) {
      if (part.added >= 0)
        out.push_back(part.added);
      else
        between(text.substr(part.begin, part.end - part.begin));
    }
  }

  TokenizerFile file;
  AddedTokens raw, normalized;
  Bpe bpe;
  std::unordered_map<std::string, std::int32_t> ids;  // never iterated
  std::vector<std::int32_t> special;
  std::string end_token, json, config;
  std::int32_t end_of_text = -1;
};

Tokenizer::Tokenizer(std::unique_ptr<State> state) : state_(std::move(state)) {}
Tokenizer::~Tokenizer() = default;

Result<std::unique_ptr<Tokenizer>> Tokenizer::open(const std::string& path) {
  std::string file = path, config;
  if (list_directory(path).ok()) file = join_path(path, "tokenizer.json");
  ORCH_ASSIGN(const std::string json, read_file(file, kTokenizerBytesMax));
  const std::size_t slash = file.rfind('/');
  const std::string beside =
      (slash == std::string::npos ? std::string() : file.substr(0, slash + 1)) +
      "tokenizer_config.json";
  if (file_exists(beside)) {
    ORCH_ASSIGN(config, read_file(beside, kTokenizerBytesMax));
  }
  return parse(json, config, file);
}

Result<std::unique_ptr<Tokenizer>> Tokenizer::parse(std::string_view json,
                                                    std::string_view config_json,
                                                    const std::string& where) {
  ORCH_ASSIGN(TokenizerFile file, parse_tokenizer_file(json, where));
  std::string end;
  if (!config_json.empty()) {
    ORCH_ASSIGN(end, parse_end_of_text(config_json, where + ": tokenizer_config.json"));
  }
  if (end.empty()) end = usual_end_of_text(file.added);
  auto state = std::make_unique<State>(std::move(file));
  if (!end.empty()) {
    const auto it = state->ids.find(end);
    if (it == state->ids.end())
      return invalid(where + ": tokenizer_config.json: eos_token '" + end +
                     "' is not in the vocabulary");
    state->end_of_text = it->second;
  }
  state->end_token = end;
  state->json = json;
  state->config = config_json.empty() ? default_config(end) : std::string(config_json);
  return std::unique_ptr<Tokenizer>(new Tokenizer(std::move(state)));
}

void Tokenizer::encode_into(std::string_view text, bool special,
                            std::vector<std::int32_t>& ids) const {
  std::string repaired;
  if (valid_utf8_prefix(text) != text.size()) {
    repaired = repair_utf8(text);
    text = repaired;
  }
  const State& s = *state_;
  if (special) ids.insert(ids.end(), s.file.before.begin(), s.file.before.end());
  State::cut(s.raw, text, ids, [&](std::string_view part) {
    State::cut(s.normalized, part, ids,
               [&](std::string_view plain) { s.encode_plain(plain, ids); });
  });
  if (special) ids.insert(ids.end(), s.file.after.begin(), s.file.after.end());
}

std::vector<std::int32_t> Tokenizer::encode(std::string_view text, bool special) const {
  std::vector<std::int32_t> ids;
  encode_into(text, special, ids);
  return ids;
}

std::string Tokenizer::decode(std::span<const std::int32_t> ids, bool skip_special) const {
  std::string bytes;
  for (const std::int32_t id : ids)
    if (!skip_special || !is_special(id)) bytes += token_bytes(id);
  return valid_utf8_prefix(bytes) == bytes.size() ? bytes : repair_utf8(bytes);
}

std::string_view Tokenizer::token_bytes(std::int32_t id) const { return state_->bpe.bytes(id); }
int Tokenizer::vocabulary_size() const { return static_cast<int>(state_->bpe.size()); }

std::optional<std::int32_t> Tokenizer::id_of(std::string_view token) const {
  const auto it = state_->ids.find(std::string(token));
  return it == state_->ids.end() ? std::nullopt : std::optional(it->second);
}

bool Tokenizer::is_special(std::int32_t id) const {
  return std::binary_search(state_->special.begin(), state_->special.end(), id);
}

std::int32_t Tokenizer::end_of_text() const { return state_->end_of_text; }
const std::string& Tokenizer::end_of_text_token() const { return state_->end_token; }
const std::string& Tokenizer::json() const { return state_->json; }
const std::string& Tokenizer::config_json() const { return state_->config; }

std::string IncrementalDecoder::push(std::int32_t id) {
  if (skip_special_ && tokenizer_.is_special(id)) return {};
  pending_ += tokenizer_.token_bytes(id);
  // Keep the bytes that may still become a character; the rest is final.
  std::size_t keep = pending_.size();
  for (std::size_t n = 1; n <= 3 && n <= pending_.size(); ++n)
    if (incomplete_utf8(std::string_view(pending_).substr(pending_.size() - n)))
      keep = pending_.size() - n;
  std::string ready = repair_utf8(std::string_view(pending_).substr(0, keep));
  pending_.erase(0, keep);
  return ready;
}

std::string IncrementalDecoder::finish() {
  std::string rest = repair_utf8(pending_);
  pending_.clear();
  return rest;
}

}  // namespace orch::tokenizer
