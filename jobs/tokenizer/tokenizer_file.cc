#include "jobs/tokenizer/tokenizer_file.h"

#include <simdjson.h>

#include <algorithm>
#include <set>
#include <unordered_map>

#include "jobs/tokenizer/byte_alphabet.h"
#include "jobs/tokenizer/unicode_classes.h"

namespace orch::tokenizer {

namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

/// Reads one file; keeps where it is for messages.
class Reader {
 public:
  Reader(TokenizerFile& out, const std::string& where) : out_(out), where_(where) {}

  Result<void> read(element root) {
    object top;
    if (root.get(top)) return wrong("the file", "an object");
    ORCH_TRY(only(top, "the file",
                  {"version", "truncation", "padding", "added_tokens", "normalizer",
                   "pre_tokenizer", "post_processor", "decoder", "model"}));
    for (const char* key : {"truncation", "padding", "normalizer"})
      if (!absent(top, key)) return unsupported(std::string(key) + type_suffix(top, key));
    ORCH_TRY(read_model(top));
    ORCH_TRY(read_added(top));
    ORCH_TRY(read_pre_tokenizer(top));
    ORCH_TRY(read_post_processor(top["post_processor"]));
    return read_decoder(top);
  }

 private:
  Error wrong(const std::string& what, const std::string& expected) const {
    return invalid(where_ + ": " + what + " must be " + expected);
  }
  Error unsupported(const std::string& what) const {
    return invalid(where_ + ": " + what + " is not supported");
  }

  static bool absent(object o, const char* key) {
    element e;
    return o[key].get(e) || e.is_null();
  }
  static std::string text_of(object o, const char* key) {
    std::string_view text;
    return o[key].get(text) ? std::string() : std::string(text);
  }
  static std::string type_suffix(object o, const char* key) {
    object inner;
    const std::string type = o[key].get(inner) ? "" : text_of(inner, "type");
    return type.empty() ? "" : " '" + type + "'";
  }
  /// A boolean that may be missing.
  Result<bool> flag(object o, const char* key, bool fallback, const std::string& what) const {
    if (absent(o, key)) return fallback;
    bool value = false;
    if (o[key].get(value)) return wrong(what + "." + key, "true or false");
    return value;
  }
  Result<void> only(object o, const std::string& what,
                    const std::set<std::string_view>& keys) const {
    std::set<std::string_view> seen;
    for (const auto field : o) {
      if (!keys.count(field.key))
        return unsupported(what + ": key '" + std::string(field.key) + "'");
      if (!seen.insert(field.key).second)
        return invalid(where_ + ": " + what + ": key '" + std::string(field.key) +
                       "' occurs twice");
    }
    return {};
  }

  Result<void> read_model(object top) {
    object model;
    if (top["model"].get(model)) return wrong("model", "an object");
    const std::string type = text_of(model, "type");
    if (type != "BPE" && !(type.empty() && !absent(model, "merges")))
      return unsupported("model '" + type + "'");
    ORCH_TRY(
        only(model, "model",
             {"type", "dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix",
              "fuse_unk", "byte_fallback", "ignore_merges", "vocab", "merges"}));
    if (!absent(model, "dropout")) return unsupported("model.dropout");
    for (const char* key : {"continuing_subword_prefix", "end_of_word_suffix"})
      if (!text_of(model, key).empty()) return unsupported(std::string("model.") + key);
    ORCH_ASSIGN(const bool fallback, flag(model, "byte_fallback", false, "model"));
    if (fallback) return unsupported("model.byte_fallback");
    ORCH_ASSIGN(out_.ignore_merges, flag(model, "ignore_merges", false, "model"));
    ORCH_TRY(read_vocabulary(model));
    return read_merges(model);
  }

  Result<void> read_vocabulary(object model) {
    object vocabulary;
    if (model["vocab"].get(vocabulary)) return wrong("model.vocab", "an object of token: id");
    for (const auto field : vocabulary) {
      std::int64_t id = -1;
      const std::string name = "model.vocab '" + std::string(field.key) + "'";
      if (field.value.get(id) || id < 0 || id >= kTokenIdMax) return wrong(name, "an id");
      if (field.key.empty()) return wrong("a token of model.vocab", "not empty");
      if (out_.tokens.size() <= static_cast<std::size_t>(id))
        out_.tokens.resize(static_cast<std::size_t>(id) + 1);
      auto& token = out_.tokens[static_cast<std::size_t>(id)];
      if (!token.empty())
        return invalid(where_ + ": id " + std::to_string(id) + " is both '" + token + "' and '" +
                       std::string(field.key) + "'");
      token = field.key;
      if (!ids_.emplace(token, static_cast<std::int32_t>(id)).second)
        return invalid(where_ + ": " + name + " occurs twice");
    }
    for (unsigned b = 0; b < 256; ++b) {
      const char byte = static_cast<char>(b);
      const auto it = ids_.find(spell_bytes({&byte, 1}));
      if (it == ids_.end())
        return unsupported("a vocabulary without byte " + std::to_string(b) + " ('" +
                           spell_bytes({&byte, 1}) + "'): not a byte-level BPE, which");
      out_.byte_ids[b] = it->second;
    }
    return {};
  }

  Result<std::int32_t> id(const std::string& token, std::size_t rank) const {
    const auto it = ids_.find(token);
    if (it == ids_.end())
      return invalid(where_ + ": model.merges[" + std::to_string(rank) + "]: '" + token +
                     "' is not in model.vocab");
    return it->second;
  }

  Result<void> read_merges(object model) {
    array merges;
    if (model["merges"].get(merges)) return wrong("model.merges", "a list");
    std::size_t rank = 0;
    for (const element e : merges) {
      std::string left, right;
      std::string_view text;
      array pair;
      const std::string what = "model.merges[" + std::to_string(rank) + "]";
      if (!e.get(text)) {
        const std::size_t space = text.find(' ');
        if (space == std::string_view::npos) return wrong(what, "two tokens with a space between");
        left = text.substr(0, space);
        right = text.substr(space + 1);
      } else if (!e.get(pair) && pair.size() == 2) {
        std::string_view a, b;
        if (pair.at(0).get(a) || pair.at(1).get(b)) return wrong(what, "two strings");
        left = a;
        right = b;
      } else {
        return wrong(what, "a string or a pair of strings");
      }
      Merge merge;
      ORCH_ASSIGN(merge.left, id(left, rank));
      ORCH_ASSIGN(merge.right, id(right, rank));
      ORCH_ASSIGN(merge.merged, id(left + right, rank));
      out_.merges.push_back(merge);
      ++rank;
    }
    return {};
  }

  Result<void> read_added(object top) {
    if (absent(top, "added_tokens")) return {};
    array list;
    if (top["added_tokens"].get(list)) return wrong("added_tokens", "a list");
    for (const element e : list) {
      object o;
      std::int64_t id = -1;
      if (e.get(o) || o["id"].get(id) || id < 0 || id >= kTokenIdMax)
        return wrong("an entry of added_tokens", "an object with an id");
      AddedToken token;
      token.id = static_cast<std::int32_t>(id);
      token.content = text_of(o, "content");
      const std::string what = "added token '" + token.content + "'";
      ORCH_TRY(only(o, what,
                    {"id", "content", "single_word", "lstrip", "rstrip", "normalized", "special"}));
      if (token.content.empty())
        return wrong("the content of added token " + std::to_string(id), "not empty");
      for (const char* key : {"single_word", "lstrip", "rstrip"}) {
        ORCH_ASSIGN(const bool set, flag(o, key, false, what));
        if (set) return unsupported(what + ": " + key);
      }
      ORCH_ASSIGN(token.special, flag(o, "special", false, what));
      ORCH_ASSIGN(token.normalized, flag(o, "normalized", !token.special, what));
      ORCH_TRY(check_added(token));
      out_.added.push_back(std::move(token));
    }
    return {};
  }

  Result<void> check_added(const AddedToken& token) {
    const auto clash = [&](const std::string& other) {
      return invalid(where_ + ": added token '" + token.content + "' has id " +
                     std::to_string(token.id) + ", but " + other);
    };
    const auto known = ids_.find(token.content);
    if (known != ids_.end() && known->second != token.id)
      return clash("the vocabulary says " + std::to_string(known->second));
    const auto i = static_cast<std::size_t>(token.id);
    if (i < out_.tokens.size() && !out_.tokens[i].empty() && out_.tokens[i] != token.content)
      return clash("that is '" + out_.tokens[i] + "'");
    for (const auto& other : out_.added)
      if (other.id == token.id || other.content == token.content) return clash("it occurs twice");
    return {};
  }

  Result<void> read_byte_level(object o, bool& use_regex) {
    ORCH_TRY(only(o, "pre_tokenizer ByteLevel",
                  {"type", "add_prefix_space", "trim_offsets", "use_regex"}));
    ORCH_ASSIGN(out_.add_prefix_space,
                flag(o, "add_prefix_space", true, "pre_tokenizer ByteLevel"));
    ORCH_ASSIGN(use_regex, flag(o, "use_regex", true, "pre_tokenizer ByteLevel"));
    return {};
  }

  Result<void> read_split(object o) {
    ORCH_TRY(only(o, "pre_tokenizer Split", {"type", "pattern", "behavior", "invert"}));
    object pattern;
    std::string_view regex;
    if (o["pattern"].get(pattern) || pattern["Regex"].get(regex))
      return unsupported("pre_tokenizer Split with a pattern that is no Regex");
    const auto known = find_pattern(regex);
    if (!known || *known == SplitPattern::kGpt2)
      return unsupported("pre_tokenizer Split with the regex " + std::string(regex));
    const std::string behaviour = text_of(o, "behavior");
    ORCH_ASSIGN(const bool invert, flag(o, "invert", false, "pre_tokenizer Split"));
    const bool isolated = behaviour == "Isolated" && !invert;
    const bool removed =
        behaviour == "Removed" && invert;  // the same: the pattern covers every text
    if (!isolated && !removed)
      return unsupported("pre_tokenizer Split with behavior '" + behaviour + "'");
    out_.pattern = *known;
    return {};
  }

  Result<void> read_pre_tokenizer(object top) {
    object o;
    if (top["pre_tokenizer"].get(o)) return unsupported("a file without a pre_tokenizer");
    const std::string type = text_of(o, "type");
    bool use_regex = false;
    if (type == "ByteLevel") {
      ORCH_TRY(read_byte_level(o, use_regex));
      if (!use_regex) return unsupported("pre_tokenizer ByteLevel alone without its regex");
      out_.pattern = SplitPattern::kGpt2;
      return {};
    }
    array parts;
    if (type != "Sequence" || o["pretokenizers"].get(parts))
      return unsupported("pre_tokenizer '" + type + "'");
    object split, bytes;
    if (parts.size() != 2 || parts.at(0).get(split) || parts.at(1).get(bytes) ||
        text_of(split, "type") != "Split" || text_of(bytes, "type") != "ByteLevel") {
      std::string names;
      for (const element part : parts) {
        object p;
        names +=
            (names.empty() ? "" : ", ") + (part.get(p) ? std::string("?") : text_of(p, "type"));
      }
      return unsupported("pre_tokenizer Sequence [" + names + "]");
    }
    ORCH_TRY(read_split(split));
    ORCH_TRY(read_byte_level(bytes, use_regex));
    if (use_regex)
      return unsupported("pre_tokenizer Split followed by ByteLevel with its own regex");
    if (out_.add_prefix_space)
      return unsupported("pre_tokenizer Split followed by add_prefix_space");
    return {};
  }

  Result<void> read_template(object o) {
    array single;
    object specials;
    if (o["single"].get(single) || o["special_tokens"].get(specials))
      return wrong("post_processor TemplateProcessing", "an object with single and special_tokens");
    bool text_seen = false;
    for (const element piece : single) {
      object p, special;
      if (piece.get(p)) return wrong("a piece of post_processor.single", "an object");
      if (p["SpecialToken"].get(special)) {
        if (text_seen || p["Sequence"].error()) return unsupported("this post_processor.single");
        text_seen = true;
        continue;
      }
      array ids;
      const std::string name = text_of(special, "id");
      if (specials[name]["ids"].get(ids))
        return wrong("post_processor.special_tokens '" + name + "'", "a token");
      for (const element e : ids) {
        std::int64_t id = -1;
        if (e.get(id) || !known(id))
          return wrong("the id of post_processor.special_tokens '" + name + "'", "known");
        (text_seen ? out_.after : out_.before).push_back(static_cast<std::int32_t>(id));
      }
    }
    return text_seen ? Result<void>()
                     : Result<void>(wrong("post_processor.single", "a template with a Sequence"));
  }

  bool known(std::int64_t id) const {
    if (id < 0) return false;
    if (static_cast<std::size_t>(id) < out_.tokens.size() &&
        !out_.tokens[static_cast<std::size_t>(id)].empty())
      return true;
    return std::any_of(out_.added.begin(), out_.added.end(),
                       [&](const AddedToken& t) { return t.id == id; });
  }

  Result<void> read_post_processor(simdjson::simdjson_result<element> e) {
    object o;
    if (e.get(o)) return {};
    const std::string type = text_of(o, "type");
    if (type == "ByteLevel") return {};  // offsets only
    if (type == "TemplateProcessing") return read_template(o);
    array parts;
    if (type != "Sequence" || o["processors"].get(parts))
      return unsupported("post_processor '" + type + "'");
    for (const element part : parts)
      ORCH_TRY(read_post_processor(simdjson::simdjson_result<element>(element(part))));
    return {};
  }

  Result<void> read_decoder(object top) {
    object o;
    if (top["decoder"].get(o)) return unsupported("a file without a decoder");
    if (text_of(o, "type") != "ByteLevel")
      return unsupported("decoder '" + text_of(o, "type") + "'");
    return {};
  }

  TokenizerFile& out_;
  const std::string& where_;
  std::unordered_map<std::string, std::int32_t> ids_;  // never iterated
};

}  // namespace

Result<TokenizerFile> parse_tokenizer_file(std::string_view json, const std::string& where) {
  if (json.size() > kTokenizerBytesMax)
    return invalid(where + ": " + std::to_string(json.size()) +
                   " bytes are too many for a tokenizer");
  simdjson::dom::parser parser;
  element root;
  if (const auto error = parser.parse(json.data(), json.size()).get(root))
    return invalid(where + ": not JSON: " + simdjson::error_message(error));
  TokenizerFile file;
  ORCH_TRY(Reader(file, where).read(root));
  return file;
}

}  // namespace orch::tokenizer
