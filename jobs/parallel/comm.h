#pragma once
// Collectives between the ranks of a gang: byte movers, so that no sum ever depends on the rank
// count. Forms: shared memory inside a node (shared_memory.cc), NCCL in the CUDA library. Every
// rank makes the same calls in the same order.

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "base/clock.h"
#include "base/result.h"

namespace orch::parallel {

/// Joining the gang, and the longest wait of one rank for another's step or save.
inline constexpr Duration kPeerTimeout = std::chrono::minutes(30);

/// Errors: kUnavailable when a peer did not come within the timeout or the communicator was
/// aborted; kInvalid when sizes do not fit together as far as this rank can see. After an error the
/// communicator is of no further use.
/// Thread: one caller at a time; abort() from any.
class Comm {
 public:
  virtual ~Comm() = default;
  virtual int rank() const = 0;
  virtual int size() const = 0;

  /// all = mine of rank 0, mine of rank 1, …; `mine` has the same size everywhere and may lie in
  /// its place in `all`.
  Result<void> all_gather(std::span<const std::byte> mine, std::span<std::byte> all);
  /// The same with a size a rank (`sizes`, equal on all ranks); zero is fine.
  virtual Result<void> all_gather_v(std::span<const std::byte> mine, std::span<std::byte> all,
                                    std::span<const std::size_t> sizes) = 0;
  /// send[p] goes to rank p, receive[p] comes from it; sizes must agree pairwise, zero is fine. Own
  /// part: a copy.
  virtual Result<void> all_to_all_v(std::span<const std::span<const std::byte>> send,
                                    std::span<const std::span<std::byte>> receive) = 0;
  /// mine = Σ over ranks of their full[rank · mine.size() …], in rank order: the `fast` mode, whose
  /// bits depend on the rank count. full holds size() · mine.size() floats.
  virtual Result<void> reduce_scatter(std::span<const float> full, std::span<float> mine) = 0;
  /// `data` of `root` to all.
  virtual Result<void> broadcast(std::span<std::byte> data, int root) = 0;
  virtual Result<void> barrier() = 0;
  /// The last collective failed because another rank is gone or gave up: whoever asks is not the
  /// one to blame.
  virtual bool peer_lost() const { return false; }
  /// Wakes all ranks that wait or will wait in this communicator; they get kUnavailable.
  virtual void abort() = 0;
};

/// A communicator for one rank alone: copies only.
std::unique_ptr<Comm> open_single();

/// Joins `size` processes (or threads) of one node through /dev/shm/orch-<token>, made by rank 0
/// with mode 0600 and unlinked once all have attached. Waits sleep in the kernel (futex), none
/// spins for long. `timeout` bounds the joining and each wait for a peer. size 1 opens no file.
/// Errors: kUnavailable when not all joined in time; kDenied, kInternal from the system; kInvalid
/// for a wrong token, rank or size (1 … 64).
/// Lifetime: the mapping ends with the object; a file left by a killed gang is removed by the next
/// rank 0 with that token.
Result<std::unique_ptr<Comm>> open_shared_memory(const std::string& token, int rank, int size,
                                                 Duration timeout);

}  // namespace orch::parallel
