#pragma once
// All that encoding a piece needs to know of a vocabulary. Immutable; thread: any.

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "jobs/tokenizer/fast_merges.h"
#include "jobs/tokenizer/fast_tables.h"
#include "jobs/tokenizer/hash_filter.h"
#include "jobs/tokenizer/merge.h"
#include "jobs/tokenizer/token_texts.h"

namespace orch::tokenizer {

struct FastModel {
  FastTables tables;
  FastMerges merges;
  HashFilter short_tokens;  ///< by SharedMemo::Key: tokens that are no longer than its pieces
  std::array<std::uint32_t, 256> byte_ids{};  ///< what a byte of an unknown symbol becomes
  bool whole_first = false;  ///< a piece that is a token is that token, whatever the merges say
  std::shared_ptr<const void> memory;  ///< of all that

  /// Arguments: as make_fast_tables() and above. Nothing: too many tokens for the tables.
  static std::optional<FastModel> make(TokenTexts tokens, std::span<const Merge> merges,
                                       const std::vector<std::uint32_t>& symbols,
                                       const std::array<std::uint32_t, 256>& byte_ids,
                                       bool whole_first);
  void save(FlatWriter& out) const;
  /// Over the file's own memory; nothing if it is not what was saved.
  static std::optional<FastModel> load(FlatReader& in);
};

}  // namespace orch::tokenizer
