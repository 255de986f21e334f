#pragma once
// Randomness: seeded generators for simulation and counter-based f(seed, counters…) for training,
// so that nothing depends on the order of calls or on the number of workers. random_bytes() is the
// only true entropy.

#include <cstdint>
#include <span>
#include <string>

namespace orch {

/// Bijective 64-bit mixer (the finaliser of SplitMix64). Source: Steele, Lea, Flood 2014,
/// doi:10.1145/2660193.2660195.
constexpr std::uint64_t mix64(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

/// Counter-based random word: a pure function of its arguments.
constexpr std::uint64_t random_word(std::uint64_t seed, std::uint64_t a, std::uint64_t b = 0,
                                    std::uint64_t c = 0) {
  return mix64(mix64(mix64(mix64(seed) ^ a) ^ b) ^ c);
}

/// A sequence of words; simulation passes one seeded generator through everything.
class Random {
 public:
  virtual ~Random() = default;
  virtual std::uint64_t next() = 0;
  /// Uniform in [0, n); n > 0. Unbiased (rejection).
  std::uint64_t below(std::uint64_t n);
  /// Uniform in [0, 1) with 53 bits.
  double uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
  bool chance(double p) { return uniform() < p; }
};

/// Reproducible on every platform.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() override { return mix64(state_++); }

 private:
  std::uint64_t state_;
};

/// The kernel's entropy, a word at a time.
class SystemRandom final : public Random {
 public:
  std::uint64_t next() override;
};

/// Fills `out` from the kernel's entropy. Aborts if the kernel has none.
void random_bytes(std::span<unsigned char> out);
/// `bytes` random bytes as lower-case hexadecimal.
std::string random_hex(int bytes);

}  // namespace orch
