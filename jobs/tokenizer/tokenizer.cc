#include "jobs/tokenizer/tokenizer.h"

#include <algorithm>
#include <mutex>

#include "base/file.h"
#include "jobs/data/json_text.h"
#include "jobs/tokenizer/fast_encoder.h"
#include "jobs/tokenizer/pipeline.h"
#include "jobs/tokenizer/repaired_text.h"
#include "jobs/tokenizer/tokenizer_file.h"
#include "jobs/tokenizer/unicode_classes.h"

namespace orch::tokenizer {

namespace {

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

/// True if decoding is joining the bytes of tokens.
bool joins_bytes(const TokenizerFile& file) {
  return file.decoders && file.decoders->size() == 1 &&
         std::holds_alternative<spec::ByteLevel>(file.decoders->front());
}

/// What one token stands for by itself.
std::string bytes_of_token(const TokenizerFile& file, const std::string& spelling) {
  std::string out = spelling;
  if (!file.decoders) return out;
  for (const DecoderSpec& decoder : *file.decoders) {
    if (std::holds_alternative<spec::ByteLevel>(decoder)) return bytes_of_spelling(spelling);
    const bool fallback = std::holds_alternative<spec::ByteFallback>(decoder);
    if (fallback && byte_of_token(spelling) >= 0)
      return std::string(1, static_cast<char>(byte_of_token(spelling)));
    const auto* space = std::get_if<spec::Metaspace>(&decoder);
    const auto* replace = std::get_if<spec::Replace>(&decoder);
    const bool literal = replace != nullptr && !replace->pattern.is_regex;
    const std::string from = space != nullptr ? space->replacement
                             : literal        ? replace->pattern.text
                                              : std::string();
    if (from.empty()) continue;
    const std::string to = space != nullptr ? " " : replace->content;
    for (std::size_t at = out.find(from); at != std::string::npos;
         at = out.find(from, at + to.size()))
      out.replace(at, from.size(), to);
  }
  return out;
}

}  // namespace

struct Tokenizer::State {
  TokenizerFile file;
  std::unique_ptr<const Pipeline> pipeline;
  std::unique_ptr<FastEncoder> fast;  ///< null: the pipeline does everything
  /// What the post-processors put around the ids of a text.
  std::vector<std::int32_t> before, after;
  std::vector<std::string> bytes;  ///< by id
  bool by_bytes = false;
  UnicodeProfile unicode;
  std::string end_token, json, config;
  std::int32_t end_of_text = -1;
  mutable std::mutex failure_mutex;
  mutable Result<void> first_failure;

  Result<void> prepare(const TokenizerOptions& options) {
    unicode = options.unicode;
    ORCH_ASSIGN(pipeline, Pipeline::make(file, unicode));
    by_bytes = joins_bytes(file);
    bytes.resize(static_cast<std::size_t>(pipeline->vocabulary_size()));
    for (std::size_t id = 0; id < bytes.size(); ++id) {
      const std::string* spelled = pipeline->spelling(static_cast<std::int32_t>(id));
      if (spelled != nullptr) bytes[id] = bytes_of_token(file, *spelled);
    }
    if (options.fast && unicode == UnicodeProfile{}) prepare_fast();
    return {};
  }

  void prepare_fast() {
    const auto around = post_process(file.post_processors, {{-1, {}}}, "", true);
    std::size_t texts = 0;
    for (const EncodedToken& token : around) {
      if (token.id < 0)
        ++texts;
      else
        (texts == 0 ? before : after).push_back(token.id);
    }
    if (texts != 1) return;
    fast = FastEncoder::make(file);
    if (fast && fast->normalizes() && !pipeline->normalized_added().empty()) fast.reset();
  }

  void encode_fast(std::string_view text, bool special, std::vector<std::int32_t>& ids) const {
    if (special) ids.insert(ids.end(), before.begin(), before.end());
    std::vector<Pieces::Part> outer, inner;
    pipeline->raw_added().cut(text, outer);
    for (const Pieces::Part& part : outer) {
      if (part.added >= 0) {
        ids.push_back(part.added);
        continue;
      }
      const std::string_view plain = text.substr(part.begin, part.end - part.begin);
      inner.clear();
      pipeline->normalized_added().cut(plain, inner);
      for (const Pieces::Part& piece : inner) {
        if (piece.added >= 0)
          ids.push_back(piece.added);
        else
          fast->encode(plain.substr(piece.begin, piece.end - piece.begin),
                       part.begin + piece.begin == 0, ids);
      }
    }
    if (special) ids.insert(ids.end(), after.begin(), after.end());
  }

  void remember(const Error& error) const {
    const std::lock_guard lock(failure_mutex);
    if (first_failure.ok()) first_failure = error;
  }
};

Tokenizer::Tokenizer(std::unique_ptr<State> state) : state_(std::move(state)) {}
Tokenizer::~Tokenizer() = default;

Result<std::unique_ptr<Tokenizer>> Tokenizer::open(const std::string& path,
                                                   const TokenizerOptions& options) {
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
  return parse(json, config, file, options);
}

Result<std::unique_ptr<Tokenizer>> Tokenizer::parse(std::string_view json,
                                                    std::string_view config_json,
                                                    const std::string& where,
                                                    const TokenizerOptions& options) {
  auto state = std::make_unique<State>();
  ORCH_ASSIGN(state->file, parse_tokenizer_file(json, where));
  const auto prepared = state->prepare(options);
  if (!prepared.ok()) return Error{prepared.error().code, where + ": " + prepared.error().message};
  std::string end;
  if (!config_json.empty()) {
    ORCH_ASSIGN(end, parse_end_of_text(config_json, where + ": tokenizer_config.json"));
  }
  if (end.empty()) end = usual_end_of_text(state->file.added);
  if (!end.empty()) {
    state->end_of_text = state->pipeline->id_of(end);
    if (state->end_of_text < 0)
      return invalid(where + ": tokenizer_config.json: eos_token '" + end +
                     "' is not in the vocabulary");
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
  if (state_->fast) return state_->encode_fast(text, special, ids);
  std::vector<EncodedToken> tokens;
  const auto done = state_->pipeline->encode(text, special, tokens);
  if (!done.ok()) return state_->remember(done.error());
  for (const EncodedToken& token : tokens) ids.push_back(token.id);
}

std::vector<std::int32_t> Tokenizer::encode(std::string_view text, bool special) const {
  std::vector<std::int32_t> ids;
  encode_into(text, special, ids);
  return ids;
}

Result<Encoding> Tokenizer::encode_with_offsets(std::string_view text, bool special) const {
  const RepairedText valid(text);
  std::vector<EncodedToken> tokens;
  ORCH_TRY(state_->pipeline->encode(valid.text(), special, tokens));
  Encoding out;
  out.repaired = valid.repaired();
  out.ids.reserve(tokens.size());
  out.offsets.reserve(tokens.size());
  for (const EncodedToken& token : tokens) {
    out.ids.push_back(token.id);
    out.offsets.push_back({valid.original(token.at.begin), valid.original(token.at.end)});
  }
  return out;
}

Result<void> Tokenizer::failure() const {
  const std::lock_guard lock(state_->failure_mutex);
  return state_->first_failure;
}

std::string Tokenizer::decode(std::span<const std::int32_t> ids, bool skip_special) const {
  if (!state_->by_bytes) return state_->pipeline->decode(ids, skip_special);
  std::string bytes;
  for (const std::int32_t id : ids)
    if (!skip_special || !is_special(id)) bytes += token_bytes(id);
  return valid_utf8_prefix(bytes) == bytes.size() ? bytes : repair_utf8(bytes);
}

std::string_view Tokenizer::token_bytes(std::int32_t id) const {
  const auto i = static_cast<std::size_t>(id);
  return id >= 0 && i < state_->bytes.size() ? std::string_view(state_->bytes[i])
                                             : std::string_view();
}

bool Tokenizer::decodes_by_bytes() const { return state_->by_bytes; }
int Tokenizer::vocabulary_size() const { return state_->pipeline->vocabulary_size(); }

std::optional<std::int32_t> Tokenizer::id_of(std::string_view token) const {
  const std::int32_t id = state_->pipeline->id_of(token);
  return id < 0 ? std::nullopt : std::optional(id);
}

bool Tokenizer::is_special(std::int32_t id) const { return state_->pipeline->is_special(id); }
std::int32_t Tokenizer::end_of_text() const { return state_->end_of_text; }
const std::string& Tokenizer::end_of_text_token() const { return state_->end_token; }
const std::string& Tokenizer::json() const { return state_->json; }
const std::string& Tokenizer::config_json() const { return state_->config; }
const std::vector<std::string>& Tokenizer::notes() const { return state_->file.notes; }
const UnicodeProfile& Tokenizer::unicode() const { return state_->unicode; }

}  // namespace orch::tokenizer
