#include "jobs/tokenizer/fast_tokenizer.h"

#include <simdjson.h>

#include <algorithm>
#include <cstring>

#include "jobs/tokenizer/added_tokens.h"
#include "jobs/tokenizer/byte_alphabet.h"
#include "jobs/tokenizer/decoder.h"
#include "jobs/tokenizer/fast_encoder.h"
#include "jobs/tokenizer/fast_shape.h"
#include "jobs/tokenizer/post_processor.h"
#include "jobs/tokenizer/token_texts.h"
#include "jobs/tokenizer/unicode_classes.h"

namespace orch::tokenizer {

namespace {

enum class Decoding : unsigned char {
  kOther,   ///< the Pipeline's
  kBytes,   ///< byte-level: tokens are bytes
  kMarked,  ///< "▁" is a space, the first one is dropped, byte tokens make characters or U+FFFD
};

constexpr std::string_view kReplacement = "\uFFFD";
constexpr std::uint32_t kByteToken = 1, kSpecialToken = 2;

Decoding decoding_of(const TokenizerFile& file) {
  if (!file.decoders) return Decoding::kOther;
  const auto& d = *file.decoders;
  if (d.size() == 1 && std::holds_alternative<spec::ByteLevel>(d[0])) return Decoding::kBytes;
  if (d.size() != 4) return Decoding::kOther;
  const auto* replace = std::get_if<spec::Replace>(&d[0]);
  const auto* strip = std::get_if<spec::StripDecoder>(&d[3]);
  const bool marked = replace && !replace->pattern.is_regex &&
                      replace->pattern.text == kMetaspaceMark && replace->content == " " &&
                      std::holds_alternative<spec::ByteFallback>(d[1]) &&
                      std::holds_alternative<spec::Fuse>(d[2]) && strip && strip->content == " " &&
                      strip->start == 1 && strip->stop == 0;
  return marked ? Decoding::kMarked : Decoding::kOther;
}

/// What a token is decoded to, into `out`, which has room for as many bytes as the spelling has;
/// returns how many it takes.
std::size_t decoded(std::string_view spelling, Decoding decoding, char* out) {
  if (decoding != Decoding::kMarked) {
    if (const auto size_bytes = unspell_bytes(spelling, out)) return *size_bytes;
    std::copy(spelling.begin(), spelling.end(), out);
    return spelling.size();
  }
  if (const int byte = byte_of_token(spelling); byte >= 0) {
    *out = static_cast<char>(byte);
    return 1;
  }
  char* const begin = out;
  while (true) {
    const std::size_t at = spelling.find(kMetaspaceMark);
    const std::string_view plain = spelling.substr(0, at);
    out = std::copy(plain.begin(), plain.end(), out);
    if (at == std::string_view::npos) return static_cast<std::size_t>(out - begin);
    *out++ = ' ';
    spelling.remove_prefix(at + kMetaspaceMark.size());
  }
}

/// What stands before and after a single text; false if the text is not in the middle once.
bool surroundings(const std::vector<PostProcessorSpec>& processors,
                  std::vector<std::int32_t>& before, std::vector<std::int32_t>& after) {
  // A token that no file has stands for the text; the processors themselves say what comes of it.
  const std::vector<EncodedToken> text = {{-1, {}}};
  const auto plain = post_process(processors, text, "", false);
  if (plain.size() != 1 || plain.front().id != -1) return false;
  int texts = 0;
  for (const EncodedToken& token : post_process(processors, text, "", true)) {
    if (token.id < 0)
      ++texts;
    else
      (texts == 0 ? before : after).push_back(token.id);
  }
  return texts == 1;
}

}  // namespace

struct FastTokenizer::State {
  explicit State(const UnicodeProfile& unicode)
      : raw(unicode.patterns), normalized(unicode.patterns) {}

  std::unique_ptr<const FastEncoder> encoder;
  std::vector<AddedToken> added;
  AddedTokens raw, normalized;
  std::vector<std::int32_t> before, after;
  Decoding decoding = Decoding::kOther;
  // What each id is decoded to: mapped, or in the vectors below.
  std::span<const std::uint32_t> offsets, flags;
  std::span<const char> bytes;
  std::shared_ptr<const void> memory;
  TokenTexts own_texts;
  std::vector<std::uint32_t> own_flags;

  bool add_tokens() {
    for (const AddedToken& token : added) {
      if (token.normalized && encoder->normalizes()) return false;
      if (!(token.normalized ? normalized : raw).add(token, token.content).ok()) return false;
    }
    return true;
  }

  void fill_decoded(const TokenizerFile& file);
  bool consistent() const;

  std::string_view decoded_bytes(std::size_t i) const {
    return {bytes.data() + offsets[i], offsets[i + 1] - offsets[i]};
  }

  void encode_between(std::string_view text, bool at_start, std::vector<std::int32_t>& ids) const {
    if (normalized.empty()) return encoder->encode(text, at_start, ids);
    std::vector<Pieces::Part> parts;
    normalized.cut(text, parts);
    for (const Pieces::Part& part : parts) {
      if (part.added >= 0)
        ids.push_back(part.added);
      else
        encoder->encode(text.substr(part.begin, part.end - part.begin), at_start && part.begin == 0,
                        ids);
    }
  }

  void decode_bytes(std::span<const std::int32_t> ids, std::uint32_t skipped,
                    std::string& out) const;
  void decode_marked(std::span<const std::int32_t> ids, std::uint32_t skipped,
                     std::string& out) const;
};

void FastTokenizer::State::fill_decoded(const TokenizerFile& file) {
  TokenList spelled = file.tokens;
  for (const AddedToken& token : file.added)
    spelled.resize(std::max(spelled.size(), static_cast<std::size_t>(token.id) + 1));
  own_flags.assign(spelled.size(), 0);
  for (const AddedToken& token : file.added) {
    spelled[static_cast<std::size_t>(token.id)] = token.content;
    if (token.special) own_flags[static_cast<std::size_t>(token.id)] |= kSpecialToken;
  }
  std::size_t size_bytes = 0;
  for (const std::string_view text : spelled) size_bytes += text.size();
  own_texts.reserve(spelled.size(), size_bytes);
  std::vector<bool> is_added(spelled.size());
  for (const AddedToken& token : file.added) is_added[static_cast<std::size_t>(token.id)] = true;
  for (std::size_t id = 0; id < spelled.size(); ++id) {
    const std::string_view known = encoder->bytes_of(id);
    if (decoding != Decoding::kMarked && !known.empty() && !is_added[id]) {
      own_texts.add(known);
      continue;
    }
    own_texts.add_up_to(spelled[id].size(),
                        [&](char* out) { return decoded(spelled[id], decoding, out); });
    if (decoding == Decoding::kMarked && byte_of_token(spelled[id]) >= 0)
      own_flags[id] |= kByteToken;
  }
  offsets = own_texts.offsets();
  flags = own_flags;
  bytes = own_texts.bytes();
}

bool FastTokenizer::State::consistent() const {
  if (offsets.size() != flags.size() + 1 || offsets.back() != bytes.size()) return false;
  return std::is_sorted(offsets.begin(), offsets.end());
}

void FastTokenizer::State::decode_bytes(std::span<const std::int32_t> ids, std::uint32_t skipped,
                                        std::string& out) const {
  // Copied whatever the size, which is quicker than to look at it; room for it behind the last one.
  constexpr std::size_t kCopied = 16;
  const auto each = [&](const auto& use) {
    for (const std::int32_t id : ids) {
      const auto i = static_cast<std::size_t>(static_cast<std::uint32_t>(id));
      if (i < flags.size() && (flags[i] & skipped) == 0) use(decoded_bytes(i));
    }
  };
  std::size_t size_bytes = out.size();
  each([&](std::string_view text) { size_bytes += text.size(); });
  std::size_t at = out.size();
  out.resize(size_bytes + kCopied);
  const char* const readable = bytes.data() + bytes.size();
  each([&](std::string_view text) {
    char* const to = out.data() + at;
    if (text.size() <= kCopied && readable - text.data() >= static_cast<std::ptrdiff_t>(kCopied))
      std::memcpy(to, text.data(), kCopied);
    else
      std::memcpy(to, text.data(), text.size());
    at += text.size();
  });
  out.resize(size_bytes);
}

void FastTokenizer::State::decode_marked(std::span<const std::int32_t> ids, std::uint32_t skipped,
                                         std::string& out) const {
  const std::size_t begin = out.size();
  std::string held;  // byte tokens in a row
  const auto release = [&] {
    if (held.empty()) return;
    if (valid_utf8_prefix(held) == held.size())
      out += held;
    else
      for (std::size_t i = 0; i < held.size(); ++i) out += kReplacement;
    held.clear();
  };
  for (const std::int32_t id : ids) {
    const auto i = static_cast<std::size_t>(static_cast<std::uint32_t>(id));
    if (i >= flags.size() || (flags[i] & skipped) != 0) continue;
    if (flags[i] & kByteToken) {
      held.append(decoded_bytes(i));
      continue;
    }
    release();
    out.append(decoded_bytes(i));
  }
  release();
  if (out.size() > begin && out[begin] == ' ') out.erase(begin, 1);
}

FastTokenizer::FastTokenizer(std::unique_ptr<State> state) : state_(std::move(state)) {}
FastTokenizer::~FastTokenizer() = default;

std::unique_ptr<const FastTokenizer> FastTokenizer::make(const TokenizerFile& file,
                                                         const UnicodeProfile& unicode) {
  // The scanners and the quick path of NFC know these versions only.
  if (unicode.patterns != UnicodeProfile().patterns ||
      unicode.normal_forms != UnicodeProfile().normal_forms)
    return nullptr;
  auto state = std::make_unique<State>(unicode);
  if (!surroundings(file.post_processors, state->before, state->after)) return nullptr;
  state->encoder = FastEncoder::make(file);
  if (!state->encoder) return nullptr;
  state->added = file.added;
  if (!state->add_tokens()) return nullptr;
  state->decoding = decoding_of(file);
  state->fill_decoded(file);
  return std::unique_ptr<const FastTokenizer>(new FastTokenizer(std::move(state)));
}

void FastTokenizer::encode(std::string_view text, bool special,
                           std::vector<std::int32_t>& ids) const {
  const State& s = *state_;
  if (special) ids.insert(ids.end(), s.before.begin(), s.before.end());
  if (s.raw.empty()) {
    s.encode_between(text, true, ids);
  } else {
    std::vector<Pieces::Part> parts;
    s.raw.cut(text, parts);
    for (const Pieces::Part& part : parts) {
      if (part.added >= 0)
        ids.push_back(part.added);
      else
        s.encode_between(text.substr(part.begin, part.end - part.begin), part.begin == 0, ids);
    }
  }
  if (special) ids.insert(ids.end(), s.after.begin(), s.after.end());
}

void FastTokenizer::prepare_thread() const { state_->encoder->prepare_thread(); }

bool FastTokenizer::decode(std::span<const std::int32_t> ids, bool skip_special,
                           std::string& text) const {
  const State& s = *state_;
  if (s.decoding == Decoding::kOther) return false;
  const std::uint32_t skipped = skip_special ? kSpecialToken : 0;
  const std::size_t begin = text.size();
  text.reserve(begin + ids.size() * 5);
  if (s.decoding == Decoding::kMarked) {
    s.decode_marked(ids, skipped, text);
    return true;
  }
  s.decode_bytes(ids, skipped, text);
  const std::string_view made = std::string_view(text).substr(begin);
  if (!simdjson::validate_utf8(made.data(), made.size())) {
    const std::string whole = repair_utf8(made);
    text.replace(begin, std::string::npos, whole);
  }
  return true;
}

std::string_view FastTokenizer::bytes_of(std::int32_t id) const {
  const auto i = static_cast<std::size_t>(static_cast<std::uint32_t>(id));
  return i < state_->flags.size() ? state_->decoded_bytes(i) : std::string_view();
}

bool FastTokenizer::decodes() const { return state_->decoding != Decoding::kOther; }

bool FastTokenizer::decodes_by_bytes() const { return state_->decoding == Decoding::kBytes; }

bool FastTokenizer::is_special(std::int32_t id) const {
  const auto i = static_cast<std::size_t>(static_cast<std::uint32_t>(id));
  return i < state_->flags.size() && (state_->flags[i] & kSpecialToken) != 0;
}

std::int32_t FastTokenizer::vocabulary_size() const {
  return static_cast<std::int32_t>(state_->flags.size());
}

const std::vector<AddedToken>& FastTokenizer::added() const { return state_->added; }

namespace {

struct SavedToken {
  std::int32_t id;
  bool special, normalized, single_word, lstrip, rstrip;
};

}  // namespace

Result<void> FastTokenizer::save(const std::string& path, const ContentDigest& source) const {
  const State& s = *state_;
  FlatWriter out;
  s.encoder->save(out);
  out.value(static_cast<std::uint32_t>(s.added.size()));
  for (const AddedToken& t : s.added) {
    SavedToken saved;
    std::memset(&saved, 0, sizeof saved);
    saved.id = t.id;
    saved.special = t.special;
    saved.normalized = t.normalized;
    saved.single_word = t.single_word;
    saved.lstrip = t.lstrip;
    saved.rstrip = t.rstrip;
    out.value(saved);
    out.text(t.content);
  }
  out.array(std::span<const std::int32_t>(s.before));
  out.array(std::span<const std::int32_t>(s.after));
  out.value(s.decoding);
  out.array(s.offsets);
  out.array(s.flags);
  out.array(s.bytes);
  return out.write(path, source);
}

std::unique_ptr<const FastTokenizer> FastTokenizer::load(const std::string& path,
                                                         ContentDigest& source) {
  FlatReader in = FlatReader::open(path);
  if (!in.ok()) return nullptr;
  source = in.source();
  auto state = std::make_unique<State>(UnicodeProfile());
  state->encoder = FastEncoder::load(in);
  const auto added = in.value<std::uint32_t>();
  for (std::uint32_t i = 0; i < added && in.ok(); ++i) {
    const auto t = in.value<SavedToken>();
    state->added.push_back(
        {t.id, std::string(in.text()), t.special, t.normalized, t.single_word, t.lstrip, t.rstrip});
  }
  const auto before = in.array<std::int32_t>(), after = in.array<std::int32_t>();
  state->before.assign(before.begin(), before.end());
  state->after.assign(after.begin(), after.end());
  state->decoding = in.value<Decoding>();
  state->offsets = in.array<std::uint32_t>();
  state->flags = in.array<std::uint32_t>();
  state->bytes = in.array<char>();
  state->memory = in.keeper();
  if (!in.ok() || !state->encoder || !state->consistent() || !state->add_tokens()) return nullptr;
  return std::unique_ptr<const FastTokenizer>(new FastTokenizer(std::move(state)));
}

}  // namespace orch::tokenizer
