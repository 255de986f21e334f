#pragma once
// The memory that the ranks of one node share: a doorbell a rank, and a ring of bytes for each
// ordered pair of ranks. One writer and one reader a ring, so positions are plain atomics; whoever
// moves a position rings the other's doorbell, on which it sleeps in the kernel. Thread: each rank
// has its own mapping; ring_bell and set_aborted from any.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/clock.h"
#include "base/file.h"
#include "base/result.h"

namespace orch::parallel {

inline constexpr int kRanksMax = 64;

/// Head and tail count bytes since the start and only rise; they differ by at most the capacity.
struct alignas(64) Ring {
  alignas(64) std::atomic<std::uint64_t> head{0};  ///< moved by the writer
  alignas(64) std::atomic<std::uint64_t> tail{0};  ///< moved by the reader
};

struct alignas(64) Seat {
  std::atomic<std::uint32_t> bell{0};     ///< futex: rises with each event for this rank
  std::atomic<std::uint32_t> waiting{0};  ///< this rank sleeps, or is about to
  std::atomic<std::int32_t> process{0};   ///< its process id, once it has joined
};

struct SegmentHeader {
  std::atomic<std::uint64_t> magic{0};  ///< set last by rank 0
  std::uint32_t size = 0;
  std::atomic<std::uint64_t> joined{0};  ///< a bit a rank
  std::atomic<std::uint32_t> aborted{0};
  Seat seats[kRanksMax];
};

/// One rank's mapping of the segment.
class SharedSegment {
 public:
  /// Rank 0 makes the file; the others wait for it; returns when all have joined. See
  /// open_shared_memory().
  static Result<std::unique_ptr<SharedSegment>> join(const std::string& token, int rank, int size,
                                                     Duration timeout);
  ~SharedSegment();
  SharedSegment(const SharedSegment&) = delete;
  SharedSegment& operator=(const SharedSegment&) = delete;

  /// Copies as much of `bytes` as there is room for into the ring to `peer`; how many went.
  std::size_t write(int peer, std::span<const std::byte> bytes);
  /// Copies as much as has come from `peer`, at most bytes.size(); how many came.
  std::size_t read(int peer, std::span<std::byte> bytes);

  /// For sleep(): taken before looking for work.
  std::uint32_t bell() const;
  /// Returns when the doorbell has rung since `seen`, or after `limit`, whichever is first.
  void sleep(std::uint32_t seen, Duration limit);
  bool aborted() const;
  void set_aborted();
  /// False once the peer's process is gone.
  bool alive(int peer) const;

 private:
  SharedSegment() = default;
  static Result<std::unique_ptr<SharedSegment>> map(FileDescriptor file, const std::string& path,
                                                    int rank, int size);
  Ring& ring(int from, int to) const;
  std::byte* ring_bytes(int from, int to) const;
  void ring_bell(int peer);
  /// True when this rank's seat was free.
  bool take_seat();
  bool all_joined() const;

  std::byte* memory_ = nullptr;
  std::size_t memory_bytes_ = 0;
  SegmentHeader* header_ = nullptr;
  FileDescriptor file_;
  int rank_ = 0;
  int size_ = 0;
};

}  // namespace orch::parallel
