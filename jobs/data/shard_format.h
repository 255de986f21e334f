#pragma once
// The binary files of a dataset: a 32-byte header, then little-endian integers. tokens.bin: ids of
// 2 or 4 bytes; documents.bin: for each document the index after its last token, 8 bytes each.
// Plain values.

#include <cstdint>

namespace orch::data {

struct ShardHeader {
  char magic[8];             ///< kTokensMagic or kDocumentsMagic
  std::uint32_t version;     ///< kShardVersion
  std::uint32_t item_bytes;  ///< 2, 4 or 8
  std::uint64_t count;
  std::uint64_t reserved;
};
static_assert(sizeof(ShardHeader) == 32);

inline constexpr char kTokensMagic[8] = {'O', 'R', 'C', 'H', 'T', 'O', 'K', 'S'};
inline constexpr char kDocumentsMagic[8] = {'O', 'R', 'C', 'H', 'D', 'O', 'C', 'S'};
inline constexpr std::uint32_t kShardVersion = 1;
inline constexpr const char* kManifestName = "manifest.json";

}  // namespace orch::data
