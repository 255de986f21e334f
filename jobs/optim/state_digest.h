#pragma once
// Digest of the training state: XXH3-128 of each parameter block over (parameters, exp_avg,
// exp_avg_sq), then SHA-256 over the digests of all blocks in order. Blocks are cut by the model
// alone, so ranks that own other slices get the same digest. Any thread.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace orch::optim {

inline constexpr std::size_t kBlockDigestBytes = 16;

/// Writes 16 bytes a block to `out`. The three spans have the same length, a multiple of the block.
void digest_blocks(std::span<const float> parameters, std::span<const float> m,
                   std::span<const float> v, std::span<std::byte> out);
/// 64 hexadecimal digits over the digests of all blocks.
std::string state_digest(std::span<const std::byte> block_digests);

}  // namespace orch::optim
