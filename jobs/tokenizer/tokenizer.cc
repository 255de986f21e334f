#include "jobs/tokenizer/tokenizer.h"

#include <simdjson.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <mutex>

#include "base/file.h"
#include "jobs/data/json_text.h"
#include "jobs/tokenizer/fast_scan.h"
#include "jobs/tokenizer/fast_tokenizer.h"
#include "jobs/tokenizer/pipeline.h"
#include "jobs/tokenizer/repaired_text.h"
#include "jobs/tokenizer/sentencepiece_file.h"
#include "jobs/tokenizer/side_task.h"
#include "jobs/tokenizer/tokenizer_config.h"
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

constexpr char kKeptSuffix[] = ".orch-cache";

std::string folder_of(const std::string& file) {
  const std::size_t slash = file.rfind('/');
  return slash == std::string::npos ? "." : file.substr(0, slash + 1);
}

/// Not in an artifact, whose digest a file more would change; nor in a folder that its owner
/// closed, though root could write there.
bool may_keep_beside(const std::string& file) {
  const std::string folder = folder_of(file);
  struct stat about = {};
  return stat(folder.c_str(), &about) == 0 &&
         (about.st_mode & (S_IWUSR | S_IWGRP | S_IWOTH)) != 0 &&
         !file_exists(join_path(folder, "orch/manifest.json"));
}

/// The file in a model's folder: tokenizer.json, or else a SentencePiece model.
std::string tokenizer_in(const std::string& directory) {
  const std::string json = join_path(directory, "tokenizer.json");
  if (file_exists(json)) return json;
  for (const char* name :
       {"tokenizer.model", "spiece.model", "sentencepiece.bpe.model", "sentencepiece.model"})
    if (file_exists(join_path(directory, name))) return join_path(directory, name);
  return json;
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

namespace {

/// The generic half: everything, for every file.
struct Whole {
  TokenizerFile file;
  std::unique_ptr<const Pipeline> pipeline;
  std::vector<std::string> bytes;  ///< by id

  static Result<std::unique_ptr<const Whole>> make(TokenizerFile parsed,
                                                   const UnicodeProfile& unicode, bool limits) {
    auto whole = std::make_unique<Whole>();
    whole->file = std::move(parsed);
    ORCH_ASSIGN(whole->pipeline, Pipeline::make(whole->file, unicode, limits));
    whole->bytes.resize(static_cast<std::size_t>(whole->pipeline->vocabulary_size()));
    for (std::size_t id = 0; id < whole->bytes.size(); ++id) {
      const std::string* spelled = whole->pipeline->spelling(static_cast<std::int32_t>(id));
      if (spelled != nullptr) whole->bytes[id] = bytes_of_token(whole->file, *spelled);
    }
    return std::unique_ptr<const Whole>(std::move(whole));
  }
};

}  // namespace

/// The fast half in the file beside a tokenizer, loaded while the tokenizer itself is read.
struct Tokenizer::Kept {
  /// Where there is no such file, at least the scanners' classes are made meanwhile.
  Kept(std::string at, bool wanted) : path(std::move(at)) {
    if (!wanted) return;
    loading.emplace([this] {
      fast = FastTokenizer::load(path, source);
      if (!fast) (void)scan_classes();
    });
  }
  /// Null: nothing was loaded, or it was made from something else.
  std::unique_ptr<const FastTokenizer> take(const ContentDigest& wanted) {
    loading.reset();
    return source == wanted ? std::move(fast) : nullptr;
  }

  std::string path;
  std::unique_ptr<const FastTokenizer> fast;
  ContentDigest source;
  std::optional<SideTask> loading;  ///< ends before what it works on
};

struct Tokenizer::State {
  std::unique_ptr<const FastTokenizer> fast;  ///< null: the whole does everything
  UnicodeProfile unicode;
  bool limits = false;
  std::string where, end_token, json, config;
  std::string keep_at;  ///< where the fast half is to be kept; empty: nowhere
  ContentDigest keep_digest;
  std::int32_t end_of_text = -1;
  std::vector<std::string> notes;

  mutable std::mutex whole_mutex;
  mutable std::optional<TokenizerFile> parsed;  ///< until the whole is made of it
  mutable std::unique_ptr<const Whole> made;
  mutable std::atomic<const Whole*> whole_seen = nullptr;
  mutable std::mutex failure_mutex;
  mutable Result<void> first_failure;

  /// Made when it is first needed: for most programs that have the fast half, never.
  Result<const Whole*> whole() const {
    if (const Whole* seen = whole_seen.load(std::memory_order_acquire)) return seen;
    const std::lock_guard lock(whole_mutex);
    if (!made) {
      if (!parsed) {
        ORCH_ASSIGN(parsed, parse_tokenizer_file(json, where, json.capacity()));
      }
      auto whole = Whole::make(std::move(*parsed), unicode, limits);
      parsed.reset();
      if (!whole.ok()) return Error{whole.error().code, where + ": " + whole.error().message};
      made = std::move(*whole);
      whole_seen.store(made.get(), std::memory_order_release);
    }
    return made.get();
  }

  /// Null after an error, which is remembered. Never for a tokenizer without the fast half.
  const Whole* whole_or_remember() const {
    auto found = whole();
    if (!found.ok()) remember(found.error());
    return found.ok() ? *found : nullptr;
  }

  /// The fast half from the file beside the tokenizer, or from the tokenizer itself.
  Result<void> prepare(const TokenizerOptions& options, Kept* kept) {
    unicode = options.unicode;
    limits = options.limits;
    const bool fast_wanted = options.fast && unicode == UnicodeProfile{};
    const ContentDigest digest = kept == nullptr ? ContentDigest() : content_digest(json);
    if (fast_wanted && kept != nullptr) fast = kept->take(digest);
    if (fast) return {};
    ORCH_ASSIGN(parsed, parse_tokenizer_file(json, where, json.capacity()));
    notes = parsed->notes;
    const bool limited = parsed->truncation || parsed->padding;
    if (limited && !limits)
      notes.push_back("the file's truncation and padding are not applied: texts stay whole");
    // A kept file does not tell whether there are limits: none is made of a file that has some.
    if (fast_wanted && !(limited && limits)) fast = FastTokenizer::make(*parsed, unicode);
    if (!fast) {
      ORCH_TRY(whole());
      return {};
    }
    if (options.keep_fast && kept != nullptr && notes.empty() && may_keep_beside(kept->path)) {
      keep_at = kept->path;
      keep_digest = digest;
    }
    return {};
  }

  Result<void> find_end_of_text() {
    if (!config.empty()) {
      ORCH_ASSIGN(end_token, parse_end_of_text(config, where + ": tokenizer_config.json"));
    }
    if (end_token.empty()) end_token = usual_end_of_text(fast ? fast->added() : made->file.added);
    if (end_token.empty()) return {};
    if (fast)
      for (const AddedToken& token : fast->added())
        if (token.content == end_token) end_of_text = token.id;
    if (end_of_text >= 0) return {};
    ORCH_ASSIGN(const Whole* all, whole());
    end_of_text = all->pipeline->id_of(end_token);
    if (end_of_text >= 0) return {};
    return invalid(where + ": tokenizer_config.json: eos_token '" + end_token +
                   "' is not in the vocabulary");
  }

  void remember(const Error& error) const {
    const std::lock_guard lock(failure_mutex);
    if (first_failure.ok()) first_failure = error;
  }
};

Tokenizer::Tokenizer(std::unique_ptr<State> state) : state_(std::move(state)) {}

Tokenizer::~Tokenizer() {
  // Not before: the first answer does not wait for it. A folder that cannot be written to only
  // means that the next start is slower, too.
  if (!state_->keep_at.empty()) (void)state_->fast->save(state_->keep_at, state_->keep_digest);
}

Result<std::unique_ptr<Tokenizer>> Tokenizer::open(const std::string& path,
                                                   const TokenizerOptions& options) {
  std::string file = path, config;
  if (list_directory(path).ok()) file = tokenizer_in(path);
  Kept kept(file + kKeptSuffix, options.fast);
  ORCH_ASSIGN(std::string json, read_file(file, kTokenizerBytesMax));
  const std::string beside = join_path(folder_of(file), "tokenizer_config.json");
  if (file_exists(beside)) {
    ORCH_ASSIGN(config, read_file(beside, kTokenizerBytesMax));
  }
  if (!json.starts_with('{') && file.find(".model") != std::string::npos) {
    ORCH_ASSIGN(json, convert_sentencepiece(json, config, file));
  }
  return make(std::move(json), std::move(config), file, options, &kept);
}

Result<std::unique_ptr<Tokenizer>> Tokenizer::parse(std::string_view json,
                                                    std::string_view config_json,
                                                    const std::string& where,
                                                    const TokenizerOptions& options) {
  return make(std::string(json), std::string(config_json), where, options, nullptr);
}

Result<std::unique_ptr<Tokenizer>> Tokenizer::make(std::string json, std::string config,
                                                   const std::string& where,
                                                   const TokenizerOptions& options, Kept* kept) {
  auto state = std::make_unique<State>();
  state->where = where;
  state->json = std::move(json);
  state->config = std::move(config);
  TokenizerOptions wanted = options;
  if (wanted.unicode == UnicodeProfile{}) {
    ORCH_ASSIGN(wanted.unicode,
                parse_config_unicode(state->config, where + ": tokenizer_config.json"));
  }
  ORCH_TRY(state->prepare(wanted, kept));
  ORCH_TRY(state->find_end_of_text());
  if (state->config.empty()) state->config = default_config(state->end_token);
  return std::unique_ptr<Tokenizer>(new Tokenizer(std::move(state)));
}

void Tokenizer::prepare_thread() const {
  if (state_->fast) state_->fast->prepare_thread();
}

void Tokenizer::encode_into(std::string_view text, bool special,
                            std::vector<std::int32_t>& ids) const {
  std::string repaired;
  if (!simdjson::validate_utf8(text.data(), text.size())) {
    repaired = repair_utf8(text);
    text = repaired;
  }
  if (state_->fast) return state_->fast->encode(text, special, ids);
  std::vector<EncodedToken> tokens;
  const auto done = state_->made->pipeline->encode(text, special, tokens);
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
  ORCH_ASSIGN(const Whole* whole, state_->whole());
  ORCH_TRY(whole->pipeline->encode(valid.text(), special, tokens));
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
  std::string text;
  if (state_->fast && state_->fast->decode(ids, skip_special, text)) return text;
  const Whole* whole = state_->whole_or_remember();
  if (whole == nullptr) return text;
  if (!joins_bytes(whole->file)) return whole->pipeline->decode(ids, skip_special);
  for (const std::int32_t id : ids)
    if (!skip_special || !is_special(id)) text += token_bytes(id);
  return valid_utf8_prefix(text) == text.size() ? text : repair_utf8(text);
}

std::string_view Tokenizer::token_bytes(std::int32_t id) const {
  if (state_->fast && state_->fast->decodes()) return state_->fast->bytes_of(id);
  const Whole* whole = state_->whole_or_remember();
  const auto i = static_cast<std::size_t>(id);
  if (whole == nullptr || id < 0 || i >= whole->bytes.size()) return {};
  return whole->bytes[i];
}

bool Tokenizer::decodes_by_bytes() const {
  return state_->fast ? state_->fast->decodes_by_bytes() : joins_bytes(state_->made->file);
}

int Tokenizer::vocabulary_size() const {
  return state_->fast ? state_->fast->vocabulary_size() : state_->made->pipeline->vocabulary_size();
}

std::optional<std::int32_t> Tokenizer::id_of(std::string_view token) const {
  if (state_->fast)
    for (const AddedToken& added : state_->fast->added())
      if (added.content == token) return added.id;
  const Whole* whole = state_->whole_or_remember();
  const std::int32_t id = whole == nullptr ? -1 : whole->pipeline->id_of(token);
  return id < 0 ? std::nullopt : std::optional(id);
}

bool Tokenizer::is_special(std::int32_t id) const {
  return state_->fast ? state_->fast->is_special(id) : state_->made->pipeline->is_special(id);
}

std::int32_t Tokenizer::end_of_text() const { return state_->end_of_text; }
const std::string& Tokenizer::end_of_text_token() const { return state_->end_token; }
const std::string& Tokenizer::json() const { return state_->json; }
const std::string& Tokenizer::config_json() const { return state_->config; }
const std::vector<std::string>& Tokenizer::notes() const { return state_->notes; }
const UnicodeProfile& Tokenizer::unicode() const { return state_->unicode; }

}  // namespace orch::tokenizer
