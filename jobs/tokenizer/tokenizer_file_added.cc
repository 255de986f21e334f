// The added tokens of a tokenizer.json. Their ids follow the original's rule and not the file's
// word: a content that the vocabulary holds keeps the vocabulary's id, every other gets the next
// free number in the file's order.

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "jobs/tokenizer/tokenizer_file_reader.h"

namespace orch::tokenizer {

Result<AddedToken> FileReader::added_token(element e) const {
  object o;
  std::int64_t id = -1;
  if (e.get(o) || o["id"].get(id) || id < 0 || id >= kTokenIdMax)
    return wrong("an entry of added_tokens", "an object with an id");
  AddedToken token;
  token.id = static_cast<std::int32_t>(id);
  const std::string entry = "added token " + std::to_string(id);
  ORCH_ASSIGN(token.content, text(o, "content", entry));
  if (token.content.empty()) return wrong("the content of " + entry, "not empty");
  const std::string what = "added token '" + token.content + "'";
  ORCH_TRY(
      only(o, what, {"id", "content", "single_word", "lstrip", "rstrip", "normalized", "special"}));
  ORCH_ASSIGN(token.single_word, flag_or(o, "single_word", false, what));
  ORCH_ASSIGN(token.lstrip, flag_or(o, "lstrip", false, what));
  ORCH_ASSIGN(token.rstrip, flag_or(o, "rstrip", false, what));
  ORCH_ASSIGN(token.special, flag_or(o, "special", false, what));
  ORCH_ASSIGN(token.normalized, flag_or(o, "normalized", !token.special, what));
  return token;
}

Result<void> FileReader::place_added(AddedToken token, std::int32_t& next_id) {
  const std::int32_t known_id = index_.find(token.content);
  const std::int32_t written = token.id;
  const auto i = static_cast<std::size_t>(written);
  const bool taken = known_id < 0 && i < out_.tokens.size() && !out_.tokens[i].empty();
  if (taken)
    return invalid(where_ + ": added token '" + token.content + "' has id " +
                   std::to_string(written) + ", but that is '" + std::string(out_.tokens[i]) + "'");
  token.id = known_id >= 0 ? known_id : next_id++;
  if (token.id != written)
    out_.notes.push_back("added token '" + token.content + "': the file says id " +
                         std::to_string(written) + ", it gets " + std::to_string(token.id));
  out_.added.push_back(std::move(token));
  return {};
}

Result<void> FileReader::read_added(object top) {
  if (absent(top, "added_tokens")) return {};
  array list;
  if (top["added_tokens"].get(list)) return wrong("added_tokens", "a list");
  auto next_id = static_cast<std::int32_t>(index_.size());
  if (const auto* unigram = std::get_if<spec::Unigram>(&out_.model))
    next_id = static_cast<std::int32_t>(unigram->scores.size());
  std::unordered_map<std::string, AddedToken> by_content;  // never iterated
  std::unordered_set<std::int32_t> ids;                    // never iterated
  for (const element e : list) {
    ORCH_ASSIGN(AddedToken token, added_token(e));
    const auto [it, is_new] = by_content.emplace(token.content, token);
    if (!is_new) {
      const AddedToken& other = it->second;
      const bool same = other.id == token.id && other.special == token.special &&
                        other.normalized == token.normalized &&
                        other.single_word == token.single_word && other.lstrip == token.lstrip &&
                        other.rstrip == token.rstrip;
      if (same) continue;
      return invalid(where_ + ": added token '" + token.content + "' (id " +
                     std::to_string(token.id) + ") occurs twice");
    }
    if (!ids.insert(token.id).second)
      return invalid(where_ + ": added token '" + token.content + "' has id " +
                     std::to_string(token.id) + ", but another added token has that, too");
    ORCH_TRY(place_added(std::move(token), next_id));
  }
  return {};
}

}  // namespace orch::tokenizer
