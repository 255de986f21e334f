#include "jobs/tokenizer/tokenizer_file.h"

#include <algorithm>

#include "jobs/tokenizer/tokenizer_file_reader.h"
#include "jobs/tokenizer/unicode_classes.h"
#include "jobs/tokenizer/zeroed_pages.h"

namespace orch::tokenizer {

bool FileReader::absent(object o, const char* key) {
  element e;
  return o[key].get(e) || e.is_null();
}

std::string FileReader::text_of(object o, const char* key) {
  std::string_view text;
  return o[key].get(text) ? std::string() : std::string(text);
}

Result<bool> FileReader::flag(object o, const char* key, const std::string& what) const {
  bool value = false;
  if (o[key].get(value)) return wrong(what + "." + key, "true or false");
  return value;
}

Result<bool> FileReader::flag_or(object o, const char* key, bool fallback,
                                 const std::string& what) const {
  if (absent(o, key)) return fallback;
  return flag(o, key, what);
}

Result<std::string> FileReader::text(object o, const char* key, const std::string& what) const {
  std::string_view value;
  if (o[key].get(value)) return wrong(what + "." + key, "a string");
  return std::string(value);
}

Result<std::string> FileReader::character(object o, const char* key,
                                          const std::string& what) const {
  ORCH_ASSIGN(std::string value, text(o, key, what));
  if (value.empty() || character_at(value, 0).size_bytes != value.size())
    return wrong(what + "." + key, "one character");
  return value;
}

Result<std::size_t> FileReader::count(object o, const char* key, const std::string& what) const {
  std::int64_t value = -1;
  if (o[key].get(value) || value < 0) return wrong(what + "." + key, "a number, 0 or more");
  return static_cast<std::size_t>(value);
}

Result<void> FileReader::only(object o, const std::string& what,
                              std::initializer_list<std::string_view> keys) const {
  std::vector<std::string_view> seen;
  for (const auto field : o) {
    if (std::find(keys.begin(), keys.end(), field.key) == keys.end())
      return unsupported(what + ": key '" + std::string(field.key) + "'");
    if (std::find(seen.begin(), seen.end(), field.key) != seen.end())
      return invalid(where_ + ": " + what + ": key '" + std::string(field.key) + "' occurs twice");
    seen.push_back(field.key);
  }
  return {};
}

bool FileReader::known(std::int64_t id) const {
  if (id < 0 || id >= kTokenIdMax) return false;
  if (id == out_.empty_token) return true;
  if (static_cast<std::size_t>(id) < out_.tokens.size() &&
      !out_.tokens[static_cast<std::size_t>(id)].empty())
    return true;
  return std::any_of(out_.added.begin(), out_.added.end(),
                     [&](const AddedToken& t) { return t.id == id; });
}

Result<void> FileReader::read(element root) {
  object top;
  if (root.get(top)) return wrong("the file", "an object");
  ORCH_TRY(only(top, "the file",
                {"version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer",
                 "post_processor", "decoder", "model"}));
  std::string_view version;
  if (!absent(top, "version") && (top["version"].get(version) || version != "1.0"))
    return unsupported("a version other than \"1.0\"");
  ORCH_TRY(read_truncation(top));
  ORCH_TRY(read_padding(top));
  ORCH_TRY(read_model(top));
  ORCH_TRY(read_added(top));
  if (!absent(top, "normalizer")) ORCH_TRY(read_normalizer(element(top["normalizer"]), 0));
  if (!absent(top, "pre_tokenizer")) ORCH_TRY(read_pre_tokenizer(element(top["pre_tokenizer"]), 0));
  if (!absent(top, "post_processor"))
    ORCH_TRY(read_post_processor(element(top["post_processor"]), 0));
  ORCH_TRY(check_template_counts());
  if (absent(top, "decoder")) return {};
  out_.decoders.emplace();
  return read_decoder(element(top["decoder"]), 0);
}

namespace {

/// A document that knows where its strings are, and gives them away.
struct ParsedJson {
  simdjson::dom::parser parser;
  std::vector<char, PageAllocator<char>> padded;
  simdjson::dom::element root;

  simdjson::error_code parse(std::string_view json, std::size_t readable) {
    if (parser.allocate(json.size()) == simdjson::SUCCESS) {
      // As large as the worst case asks for; what is not used is never touched.
      advise_huge_pages(parser.doc.tape.get(), json.size() * sizeof(std::uint64_t));
      advise_huge_pages(parser.doc.string_buf.get(), json.size());
      advise_huge_pages(parser.implementation->structural_indexes.get(),
                        json.size() * sizeof(std::uint32_t));
    }
    const char* begin = json.data();
    if (readable < json.size() + simdjson::SIMDJSON_PADDING) {
      padded.reserve(json.size() + simdjson::SIMDJSON_PADDING);
      padded.insert(padded.end(), json.begin(), json.end());
      padded.resize(json.size() + simdjson::SIMDJSON_PADDING);
      begin = padded.data();
    }
    return parser.parse(begin, json.size(), false).get(root);
  }
  std::shared_ptr<const void> take_strings() {
    return std::shared_ptr<std::uint8_t[]>(std::move(parser.doc.string_buf));
  }
};

}  // namespace

Result<TokenizerFile> parse_tokenizer_file(std::string_view json, const std::string& where,
                                           std::size_t readable) {
  if (json.size() > kTokenizerBytesMax)
    return invalid(where + ": " + std::to_string(json.size()) +
                   " bytes are too many for a tokenizer");
  ParsedJson parsed;
  if (const auto error = parsed.parse(json, readable))
    return invalid(where + ": not JSON: " + simdjson::error_message(error));
  TokenizerFile file;
  ORCH_TRY(FileReader(file, where).read(parsed.root));
  file.memory = parsed.take_strings();
  return file;
}

}  // namespace orch::tokenizer
