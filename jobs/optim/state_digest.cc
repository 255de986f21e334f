#include "jobs/optim/state_digest.h"

#include <cstring>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/check.h"
#include "base/sha256.h"
#include "jobs/model/layout.h"

namespace orch::optim {

void digest_blocks(std::span<const float> parameters, std::span<const float> m,
                   std::span<const float> v, std::span<std::byte> out) {
  constexpr std::size_t kBlock = model::kBlock;
  ORCH_CHECK(m.size() == parameters.size() && v.size() == parameters.size(),
             "three parts of one slice");
  ORCH_CHECK(parameters.size() / kBlock * kBlockDigestBytes == out.size(), "%zu floats",
             parameters.size());
  for (std::size_t block = 0; block < parameters.size() / kBlock; ++block) {
    const XXH128_hash_t parts[3] = {
        XXH3_128bits(parameters.data() + block * kBlock, kBlock * sizeof(float)),
        XXH3_128bits(m.data() + block * kBlock, kBlock * sizeof(float)),
        XXH3_128bits(v.data() + block * kBlock, kBlock * sizeof(float))};
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits(parts, sizeof parts));
    std::memcpy(out.data() + block * kBlockDigestBytes, &canonical, kBlockDigestBytes);
  }
}

std::string state_digest(std::span<const std::byte> block_digests) {
  return sha256_hex({reinterpret_cast<const char*>(block_digests.data()), block_digests.size()});
}

}  // namespace orch::optim
