#include <algorithm>
#include <cstring>
#include <vector>

#include "jobs/parallel/comm.h"
#include "jobs/parallel/shared_segment.h"

namespace orch::parallel {

namespace {

// Between looks whether a silent peer's process still lives.
constexpr Duration kLook = std::chrono::milliseconds(200);

// Goes before each message, so that ranks that are not in the same call say so instead of mixing
// bytes.
struct MessageHeader {
  std::uint64_t sequence = 0;  // of the collective
  std::uint64_t size_bytes = 0;
};

// One direction between this rank and a peer: the header, then the payload.
struct Stream {
  MessageHeader header;
  std::byte* data = nullptr;
  std::size_t done = 0;
  std::size_t total = 0;  // 0: nothing to do

  bool finished() const { return done == total; }
  // The next contiguous piece.
  std::span<std::byte> rest() {
    if (done < sizeof header) {
      return {reinterpret_cast<std::byte*>(&header) + done, sizeof header - done};
    }
    return {data + (done - sizeof header), total - done};
  }
};

class SharedMemoryComm final : public Comm {
 public:
  SharedMemoryComm(std::unique_ptr<SharedSegment> segment, int rank, int size, Duration timeout)
      : segment_(std::move(segment)),
        rank_(rank),
        timeout_(timeout),
        out_(static_cast<std::size_t>(size)),
        in_(static_cast<std::size_t>(size)),
        expected_(static_cast<std::size_t>(size)) {}

  int rank() const override { return rank_; }
  int size() const override { return static_cast<int>(out_.size()); }

  Result<void> all_gather_v(std::span<const std::byte> mine, std::span<std::byte> all,
                            std::span<const std::size_t> sizes) override {
    if (sizes.size() != out_.size() || mine.size() != sizes[index(rank_)]) {
      return invalid("all_gather: sizes do not fit rank " + std::to_string(rank_));
    }
    std::size_t total = 0;
    for (const std::size_t size : sizes) total += size;
    if (total != all.size()) return invalid("all_gather: the result's size is not the sum");
    std::size_t offset = 0;
    for (int peer = 0; peer < size(); offset += sizes[index(peer)], ++peer) {
      const auto part = all.subspan(offset, sizes[index(peer)]);
      if (peer == rank_) {
        if (!mine.empty()) std::memmove(part.data(), mine.data(), mine.size());
        continue;
      }
      send(peer, mine);
      receive(peer, part);
    }
    return exchange();
  }

  Result<void> all_to_all_v(std::span<const std::span<const std::byte>> send_parts,
                            std::span<const std::span<std::byte>> receive_parts) override {
    if (send_parts.size() != out_.size() || receive_parts.size() != out_.size() ||
        send_parts[index(rank_)].size() != receive_parts[index(rank_)].size()) {
      return invalid("all_to_all: parts do not fit rank " + std::to_string(rank_));
    }
    for (int peer = 0; peer < size(); ++peer) {
      const auto from = send_parts[index(peer)];
      const auto to = receive_parts[index(peer)];
      if (peer == rank_) {
        if (!from.empty()) std::memmove(to.data(), from.data(), from.size());
        continue;
      }
      send(peer, from);
      receive(peer, to);
    }
    return exchange();
  }

  Result<void> reduce_scatter(std::span<const float> full, std::span<float> mine) override {
    const std::size_t n = mine.size();
    if (full.size() != n * out_.size()) return invalid("reduce_scatter: full is not size · mine");
    std::vector<float> parts(full.size());
    std::vector<std::span<const std::byte>> send_parts;
    std::vector<std::span<std::byte>> receive_parts;
    for (std::size_t peer = 0; peer < out_.size(); ++peer) {
      send_parts.push_back(std::as_bytes(full.subspan(peer * n, n)));
      receive_parts.push_back(std::as_writable_bytes(std::span(parts).subspan(peer * n, n)));
    }
    ORCH_TRY(all_to_all_v(send_parts, receive_parts));
    std::copy_n(parts.begin(), n, mine.begin());
    for (std::size_t peer = 1; peer < out_.size(); ++peer) {
      for (std::size_t i = 0; i < n; ++i) mine[i] += parts[peer * n + i];
    }
    return {};
  }

  Result<void> broadcast(std::span<std::byte> data, int root) override {
    if (root < 0 || root >= size()) return invalid("broadcast: no rank " + std::to_string(root));
    if (root != rank_) {
      receive(root, data);
    } else {
      for (int peer = 0; peer < size(); ++peer) {
        if (peer != rank_) send(peer, data);
      }
    }
    return exchange();
  }

  Result<void> barrier() override {
    for (int peer = 0; peer < size(); ++peer) {
      if (peer == rank_) continue;
      send(peer, {});
      receive(peer, {});
    }
    return exchange();
  }

  void abort() override { segment_->set_aborted(); }
  bool peer_lost() const override { return peer_lost_; }

 private:
  static std::size_t index(int rank) { return static_cast<std::size_t>(rank); }

  void send(int peer, std::span<const std::byte> bytes) {
    // Only read from: Stream serves both directions.
    out_[index(peer)] = {.header = {sequence_, bytes.size()},
                         .data = const_cast<std::byte*>(bytes.data()),
                         .done = 0,
                         .total = sizeof(MessageHeader) + bytes.size()};
  }

  void receive(int peer, std::span<std::byte> bytes) {
    expected_[index(peer)] = {sequence_, bytes.size()};
    in_[index(peer)] = {.header = {},
                        .data = bytes.data(),
                        .done = 0,
                        .total = sizeof(MessageHeader) + bytes.size()};
  }

  // Moves what can be moved, over all peers; sleeps when nothing can.
  Result<void> exchange() {
    const Result<void> result = exchange_until_done();
    ++sequence_;
    if (!result.ok()) {
      std::fill(out_.begin(), out_.end(), Stream{});
      std::fill(in_.begin(), in_.end(), Stream{});
      segment_->set_aborted();
    }
    return result;
  }

  Error lost(const std::string& why) {
    peer_lost_ = true;
    return unavailable("collective: " + why);
  }

  Result<void> exchange_until_done() {
    TimePoint last_progress = clock_.now();
    bool peer_gone = false;
    while (true) {
      if (segment_->aborted()) return lost("aborted by another rank");
      const std::uint32_t seen = segment_->bell();
      ORCH_ASSIGN(const std::size_t moved, move_all());
      if (finished()) return {};
      if (moved > 0) {
        last_progress = clock_.now();
        continue;
      }
      // Looked once more after the peer was gone: what it had sent has been read.
      if (peer_gone) return lost("the process of rank " + unfinished() + " is gone");
      const Duration left = last_progress + timeout_ - clock_.now();
      if (left <= Duration::zero()) {
        return unavailable("collective: rank " + std::to_string(rank_) + " waited " +
                           human_duration(timeout_) + " for rank " + unfinished());
      }
      segment_->sleep(seen, std::min(left, kLook));
      if (segment_->bell() == seen) peer_gone = any_unfinished_gone();
    }
  }

  Result<std::size_t> move_all() {
    std::size_t moved = 0;
    // Starting after oneself, so that not all ranks write to the same one first.
    for (int step = 1; step < size(); ++step) {
      const int peer = (rank_ + step) % size();
      Stream& out = out_[index(peer)];
      while (!out.finished()) {
        const std::size_t n = segment_->write(peer, out.rest());
        out.done += n;
        moved += n;
        if (n == 0) break;
      }
      Stream& in = in_[index(peer)];
      while (!in.finished()) {
        const std::size_t n = segment_->read(peer, in.rest());
        const bool had_header = in.done >= sizeof(MessageHeader);
        in.done += n;
        moved += n;
        if (n == 0) break;
        if (!had_header && in.done >= sizeof(MessageHeader)) {
          const MessageHeader& want = expected_[index(peer)];
          if (in.header.sequence != want.sequence || in.header.size_bytes != want.size_bytes) {
            return invalid("collective " + std::to_string(want.sequence) + ": rank " +
                           std::to_string(peer) + " sends " + std::to_string(in.header.size_bytes) +
                           " bytes in its collective " + std::to_string(in.header.sequence) +
                           ", rank " + std::to_string(rank_) + " wants " +
                           std::to_string(want.size_bytes));
          }
        }
      }
    }
    return moved;
  }

  bool pending(int peer) const {
    return !out_[index(peer)].finished() || !in_[index(peer)].finished();
  }
  bool finished() const {
    for (int peer = 0; peer < size(); ++peer) {
      if (pending(peer)) return false;
    }
    return true;
  }
  std::string unfinished() const {
    for (int peer = 0; peer < size(); ++peer) {
      if (pending(peer)) return std::to_string(peer);
    }
    return "none";
  }
  bool any_unfinished_gone() const {
    for (int peer = 0; peer < size(); ++peer) {
      if (pending(peer) && !segment_->alive(peer)) return true;
    }
    return false;
  }

  std::unique_ptr<SharedSegment> segment_;
  SystemClock clock_;
  int rank_;
  Duration timeout_;
  bool peer_lost_ = false;
  std::uint64_t sequence_ = 1;
  std::vector<Stream> out_, in_;
  std::vector<MessageHeader> expected_;
};

}  // namespace

Result<std::unique_ptr<Comm>> open_shared_memory(const std::string& token, int rank, int size,
                                                 Duration timeout) {
  if (size == 1 && rank == 0) return open_single();
  ORCH_ASSIGN(auto segment, SharedSegment::join(token, rank, size, timeout));
  return std::unique_ptr<Comm>(
      std::make_unique<SharedMemoryComm>(std::move(segment), rank, size, timeout));
}

}  // namespace orch::parallel
