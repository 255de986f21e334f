#include "jobs/tokenizer/fast_model.h"

#include "jobs/tokenizer/shared_memo.h"

namespace orch::tokenizer {

namespace {

constexpr std::size_t kBitsPerToken = 8;

struct Memory {
  std::unique_ptr<const FastTablesStorage> tables;
  std::unique_ptr<const FastMerges::Storage> merges;
  HashFilter::Words short_tokens;
};

HashFilter::Words short_tokens_of(const TokenTexts& tokens) {
  auto words = HashFilter::words_for(tokens.size(), kBitsPerToken);
  for (std::size_t id = 0; id < tokens.size(); ++id) {
    const std::string_view token = tokens[id];
    if (!token.empty() && token.size() <= SharedMemo::kPieceBytesMax)
      HashFilter::put(SharedMemo::Key(token).hash(), words);
  }
  return words;
}

struct SavedRules {
  std::array<std::uint32_t, 256> byte_ids;
  std::uint32_t whole_first;
};

}  // namespace

std::optional<FastModel> FastModel::make(TokenTexts tokens, std::span<const Merge> merges,
                                         const std::vector<std::uint32_t>& symbols,
                                         const std::array<std::uint32_t, 256>& byte_ids,
                                         bool whole_first) {
  auto memory = std::make_shared<Memory>();
  memory->tables = make_fast_tables(std::move(tokens), merges, symbols);
  if (!memory->tables) return std::nullopt;
  FastModel model;
  model.tables = memory->tables->view();
  memory->merges = FastMerges::make(model.tables, byte_ids);
  if (!memory->merges) return std::nullopt;
  model.merges = memory->merges->merges;
  memory->short_tokens = short_tokens_of(memory->tables->tokens);
  model.short_tokens = HashFilter(memory->short_tokens);
  model.byte_ids = byte_ids;
  model.whole_first = whole_first;
  model.memory = std::move(memory);
  return model;
}

void FastModel::save(FlatWriter& out) const {
  tables.save(out);
  merges.save(out);
  out.array(short_tokens.words());
  out.value(SavedRules{byte_ids, whole_first});
}

std::optional<FastModel> FastModel::load(FlatReader& in) {
  const auto tables = FastTables::load(in);
  if (!tables) return std::nullopt;
  const auto merges = FastMerges::load(in, *tables);
  const auto words = in.array<std::uint64_t>();
  const auto rules = in.value<SavedRules>();
  if (!merges || !in.ok() || !std::has_single_bit(words.size())) return std::nullopt;
  return FastModel{*tables,    *merges, HashFilter(words), rules.byte_ids, rules.whole_first != 0,
                   in.keeper()};
}

}  // namespace orch::tokenizer
