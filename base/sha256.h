#pragma once
// SHA-256 (FIPS 180-4) through OpenSSL's libcrypto. For artifacts, manifests, ledgers. Thread: one
// object, one thread.

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace orch {

/// Streaming hash; hex() ends it.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  void update(const void* data, std::size_t size_bytes);
  void update(std::string_view text) { update(text.data(), text.size()); }
  /// 64 lower-case hexadecimal digits; the object must not be used afterwards.
  std::string hex();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string sha256_hex(std::string_view bytes);
/// Errors: kNotFound, kInternal with the path.
Result<std::string> sha256_file(const std::string& path);

}  // namespace orch
