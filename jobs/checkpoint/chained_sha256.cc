// OpenSSL's EVP contexts cannot be moved between processes; the older SHA256_CTX is a plain struct
// and can.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "jobs/checkpoint/chained_sha256.h"

#include <openssl/sha.h>

#include <cstring>
#include <type_traits>

#include "base/check.h"

namespace orch::checkpoint {
namespace {
static_assert(std::is_trivially_copyable_v<SHA256_CTX>);
static_assert(sizeof(SHA256_CTX) <= ChainedSha256::kStateBytes);
}  // namespace

ChainedSha256::ChainedSha256() {
  SHA256_CTX context;
  ORCH_CHECK(SHA256_Init(&context) == 1, "SHA256_Init");
  std::memcpy(state_.data(), &context, sizeof(context));
}

void ChainedSha256::update(const void* data, std::size_t size_bytes) {
  SHA256_CTX context;
  std::memcpy(&context, state_.data(), sizeof(context));
  ORCH_CHECK(SHA256_Update(&context, data, size_bytes) == 1, "SHA256_Update");
  std::memcpy(state_.data(), &context, sizeof(context));
}

std::string ChainedSha256::hex() {
  static constexpr char kDigits[] = "0123456789abcdef";
  SHA256_CTX context;
  std::memcpy(&context, state_.data(), sizeof(context));
  unsigned char digest[SHA256_DIGEST_LENGTH];
  ORCH_CHECK(SHA256_Final(digest, &context) == 1, "SHA256_Final");
  std::string text;
  for (const unsigned char byte : digest) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

}  // namespace orch::checkpoint
