#pragma once
// SHA-256 whose state is plain bytes: one rank hashes its part of a file, hands the state to the
// rank that owns the next part, and so on, so that a file's digest needs no rank to read it back.
// One object, one thread.

#include <array>
#include <cstddef>
#include <string>

namespace orch::checkpoint {

class ChainedSha256 {
 public:
  static constexpr std::size_t kStateBytes = 128;
  using State = std::array<std::byte, kStateBytes>;

  ChainedSha256();
  void update(const void* data, std::size_t size_bytes);
  /// The whole state, for a rank of the same build.
  const State& state() const { return state_; }
  void set_state(const State& state) { state_ = state; }
  /// 64 hexadecimal digits; the object is spent.
  std::string hex();

 private:
  alignas(16) State state_{};
};

}  // namespace orch::checkpoint
