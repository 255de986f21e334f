// Normalizers and pre-tokenizers of a tokenizer.json.

#include "jobs/tokenizer/base64.h"
#include "jobs/tokenizer/tokenizer_file_reader.h"
#include "jobs/tokenizer/unicode_classes.h"

namespace orch::tokenizer {

/// The component's type; `o` becomes the component.
Result<std::string> FileReader::component(element e, const char* kind, int depth, object& o) const {
  if (e.get(o)) return wrong(kind, "an object");
  if (depth > kNestedSequencesMax)
    return invalid(where_ + ": " + kind + ": Sequences are nested too deeply");
  std::string_view type;
  if (o["type"].get(type)) return wrong(std::string(kind) + ".type", "a string");
  return std::string(type);
}

Result<FileReader::array> FileReader::parts_of(object o, const char* key,
                                               const std::string& what) const {
  ORCH_TRY(only(o, what, {"type", key}));
  array parts;
  if (o[key].get(parts)) return wrong(what + "." + key, "a list");
  return parts;
}

Result<TextPattern> FileReader::pattern(object o, const std::string& what) const {
  object inner;
  if (o["pattern"].get(inner)) return wrong(what + ".pattern", "an object");
  ORCH_TRY(only(inner, what + ".pattern", {"String", "Regex"}));
  TextPattern out;
  std::string_view value;
  out.is_regex = !inner["Regex"].get(value);
  if (inner.size() != 1 || (!out.is_regex && inner["String"].get(value)))
    return wrong(what + ".pattern", "{\"String\": ...} or {\"Regex\": ...}");
  out.text = value;
  return out;
}

Result<SplitBehavior> FileReader::behavior(object o, const std::string& what) const {
  const std::string name = text_of(o, "behavior");
  if (name == "Removed") return SplitBehavior::kRemoved;
  if (name == "Isolated") return SplitBehavior::kIsolated;
  if (name == "MergedWithPrevious") return SplitBehavior::kMergedWithPrevious;
  if (name == "MergedWithNext") return SplitBehavior::kMergedWithNext;
  if (name == "Contiguous") return SplitBehavior::kContiguous;
  return unsupported(what + " with behavior '" + name + "'");
}

Result<spec::Replace> FileReader::replace(object o, const std::string& what) const {
  ORCH_TRY(only(o, what, {"type", "pattern", "content"}));
  spec::Replace out;
  ORCH_ASSIGN(out.pattern, pattern(o, what));
  ORCH_ASSIGN(out.content, text(o, "content", what));
  return out;
}

Result<spec::ByteLevel> FileReader::byte_level(object o, const std::string& what) const {
  ORCH_TRY(only(o, what, {"type", "add_prefix_space", "trim_offsets", "use_regex"}));
  spec::ByteLevel out;
  ORCH_ASSIGN(out.add_prefix_space, flag_or(o, "add_prefix_space", true, what));
  ORCH_ASSIGN(out.trim_offsets, flag_or(o, "trim_offsets", true, what));
  ORCH_ASSIGN(out.use_regex, flag_or(o, "use_regex", true, what));
  return out;
}

Result<spec::Metaspace> FileReader::metaspace(object o, const std::string& what) const {
  ORCH_TRY(only(o, what,
                {"type", "replacement", "add_prefix_space", "prepend_scheme", "split", "str_rep"}));
  spec::Metaspace out;
  ORCH_ASSIGN(out.replacement, character(o, "replacement", what));
  ORCH_ASSIGN(out.split, flag_or(o, "split", true, what));
  ORCH_ASSIGN(const bool prefix, flag_or(o, "add_prefix_space", true, what));
  const bool scheme_absent = absent(o, "prepend_scheme");
  const std::string scheme =
      scheme_absent ? (prefix ? "always" : "never") : text_of(o, "prepend_scheme");
  if (scheme == "always")
    out.prepend_scheme = PrependScheme::kAlways;
  else if (scheme == "first")
    out.prepend_scheme = PrependScheme::kFirst;
  else if (scheme == "never")
    out.prepend_scheme = PrependScheme::kNever;
  else
    return unsupported(what + " with prepend_scheme '" + scheme + "'");
  if (!prefix && out.prepend_scheme != PrependScheme::kNever)
    return invalid(where_ + ": " + what + ": add_prefix_space does not match prepend_scheme");
  return out;
}

Result<spec::Precompiled> FileReader::precompiled(object o, const std::string& what) const {
  ORCH_TRY(only(o, what, {"type", "precompiled_charsmap", "longest_match"}));
  ORCH_ASSIGN(const std::string encoded, text(o, "precompiled_charsmap", what));
  const auto bytes = decode_base64(encoded);
  if (!bytes) return wrong(what + ".precompiled_charsmap", "base64");
  ORCH_ASSIGN(const bool longest, flag_or(o, "longest_match", false, what));
  return spec::Precompiled{*bytes, longest};
}

Result<spec::BertNormalizer> FileReader::bert_normalizer(object o, const std::string& what) const {
  ORCH_TRY(
      only(o, what, {"type", "clean_text", "handle_chinese_chars", "strip_accents", "lowercase"}));
  spec::BertNormalizer out;
  ORCH_ASSIGN(out.clean_text, flag(o, "clean_text", what));
  ORCH_ASSIGN(out.handle_chinese_chars, flag(o, "handle_chinese_chars", what));
  ORCH_ASSIGN(out.lowercase, flag(o, "lowercase", what));
  ORCH_ASSIGN(out.strip_accents, flag_or(o, "strip_accents", out.lowercase, what));
  return out;
}

Result<void> FileReader::read_normalizer(element e, int depth) {
  object o;
  ORCH_ASSIGN(const std::string type, component(e, "normalizer", depth, o));
  const std::string what = "normalizer " + type;
  auto& list = out_.normalizers;
  if (type == "Sequence") {
    ORCH_ASSIGN(const array parts, parts_of(o, "normalizers", what));
    for (const element part : parts) ORCH_TRY(read_normalizer(part, depth + 1));
    return {};
  }
  const auto plain = [&](NormalizerSpec normalizer) -> Result<void> {
    ORCH_TRY(only(o, what, {"type"}));
    list.push_back(std::move(normalizer));
    return {};
  };
  if (type == "NFC") return plain(spec::Nfc{});
  if (type == "NFD") return plain(spec::Nfd{});
  if (type == "NFKC") return plain(spec::Nfkc{});
  if (type == "NFKD") return plain(spec::Nfkd{});
  if (type == "Lowercase") return plain(spec::Lowercase{});
  if (type == "StripAccents") return plain(spec::StripAccents{});
  if (type == "Nmt") return plain(spec::Nmt{});
  if (type == "ByteLevel") return plain(spec::ByteLevelSpelling{});
  if (type == "Strip") {
    ORCH_TRY(only(o, what, {"type", "strip_left", "strip_right"}));
    spec::Strip strip;
    ORCH_ASSIGN(strip.left, flag(o, "strip_left", what));
    ORCH_ASSIGN(strip.right, flag(o, "strip_right", what));
    list.push_back(strip);
  } else if (type == "Prepend") {
    ORCH_TRY(only(o, what, {"type", "prepend"}));
    ORCH_ASSIGN(std::string prefix, text(o, "prepend", what));
    list.push_back(spec::Prepend{std::move(prefix)});
  } else if (type == "Replace") {
    ORCH_ASSIGN(spec::Replace found, replace(o, what));
    list.push_back(std::move(found));
  } else if (type == "BertNormalizer" || type == "Bert") {
    ORCH_ASSIGN(const spec::BertNormalizer bert, bert_normalizer(o, what));
    list.push_back(bert);
  } else if (type == "Precompiled") {
    ORCH_ASSIGN(spec::Precompiled map, precompiled(o, what));
    list.push_back(std::move(map));
  } else {
    return unsupported("normalizer '" + type + "'");
  }
  return {};
}

Result<void> FileReader::read_pre_tokenizer(element e, int depth) {
  object o;
  ORCH_ASSIGN(const std::string type, component(e, "pre_tokenizer", depth, o));
  const std::string what = "pre_tokenizer " + type;
  auto& list = out_.pre_tokenizers;
  if (type == "Sequence") {
    ORCH_ASSIGN(const array parts, parts_of(o, "pretokenizers", what));
    for (const element part : parts) ORCH_TRY(read_pre_tokenizer(part, depth + 1));
    return {};
  }
  const auto plain = [&](PreTokenizerSpec pre_tokenizer) -> Result<void> {
    ORCH_TRY(only(o, what, {"type"}));
    list.push_back(std::move(pre_tokenizer));
    return {};
  };
  if (type == "Whitespace") return plain(spec::Whitespace{});
  if (type == "WhitespaceSplit") return plain(spec::WhitespaceSplit{});
  if (type == "BertPreTokenizer") return plain(spec::BertPreTokenizer{});
  if (type == "UnicodeScripts") return plain(spec::UnicodeScripts{});
  if (type == "ByteLevel") {
    ORCH_ASSIGN(const spec::ByteLevel bytes, byte_level(o, what));
    list.push_back(bytes);
  } else if (type == "Split") {
    ORCH_TRY(only(o, what, {"type", "pattern", "behavior", "invert"}));
    spec::Split split;
    ORCH_ASSIGN(split.pattern, pattern(o, what));
    ORCH_ASSIGN(split.behavior, behavior(o, what));
    ORCH_ASSIGN(split.invert, flag_or(o, "invert", false, what));
    list.push_back(std::move(split));
  } else if (type == "Metaspace") {
    ORCH_ASSIGN(spec::Metaspace space, metaspace(o, what));
    list.push_back(std::move(space));
  } else if (type == "Punctuation") {
    ORCH_TRY(only(o, what, {"type", "behavior"}));
    spec::Punctuation punctuation;
    if (!absent(o, "behavior")) {
      ORCH_ASSIGN(punctuation.behavior, behavior(o, what));
    }
    list.push_back(punctuation);
  } else if (type == "Digits") {
    ORCH_TRY(only(o, what, {"type", "individual_digits"}));
    ORCH_ASSIGN(const bool each, flag(o, "individual_digits", what));
    list.push_back(spec::Digits{each});
  } else if (type == "CharDelimiterSplit") {
    ORCH_TRY(only(o, what, {"type", "delimiter"}));
    ORCH_ASSIGN(std::string delimiter, character(o, "delimiter", what));
    list.push_back(spec::CharDelimiterSplit{std::move(delimiter)});
  } else if (type == "FixedLength") {
    ORCH_TRY(only(o, what, {"type", "length"}));
    spec::FixedLength fixed;
    if (!absent(o, "length")) {
      ORCH_ASSIGN(fixed.length, count(o, "length", what));
    }
    if (fixed.length == 0) return wrong(what + ".length", "1 or more");
    list.push_back(fixed);
  } else {
    return unsupported("pre_tokenizer '" + type + "'");
  }
  return {};
}

}  // namespace orch::tokenizer
