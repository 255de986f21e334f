#include "base/random.h"

#include <sys/random.h>

#include <vector>

#include "base/check.h"

namespace orch {

std::uint64_t Random::below(std::uint64_t n) {
  ORCH_CHECK(n > 0, "below(0)");
  const std::uint64_t limit = -n % n;  // words under it would favour small results
  for (;;) {
    const std::uint64_t word = next();
    if (word >= limit) return word % n;
  }
}

std::uint64_t SystemRandom::next() {
  std::uint64_t word = 0;
  random_bytes({reinterpret_cast<unsigned char*>(&word), sizeof(word)});
  return word;
}

void random_bytes(std::span<unsigned char> out) {
  std::size_t done = 0;
  while (done < out.size()) {
    const ssize_t n = getrandom(out.data() + done, out.size() - done, 0);
    ORCH_CHECK(n > 0, "getrandom");
    done += static_cast<std::size_t>(n);
  }
}

std::string random_hex(int bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::vector<unsigned char> raw(static_cast<std::size_t>(bytes));
  random_bytes(raw);
  std::string text;
  for (const unsigned char byte : raw) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

}  // namespace orch
