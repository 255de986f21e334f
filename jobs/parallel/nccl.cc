#include "jobs/parallel/nccl.h"

#include <vector>

namespace orch::parallel {

namespace {

class NcclComm final : public Comm {
 public:
  NcclComm(const kernels::CudaTable& cuda, void* comm, void* stream, void* byte, int rank, int size,
           Duration timeout)
      : cuda_(cuda),
        comm_(comm),
        stream_(stream),
        byte_(byte),
        rank_(rank),
        size_(size),
        timeout_(timeout) {}

  ~NcclComm() override {
    cuda_.nccl_close(comm_);
    cuda_.release(byte_);
    cuda_.destroy_stream(stream_);
  }

  int rank() const override { return rank_; }
  int size() const override { return size_; }

  Result<void> all_gather_v(std::span<const std::byte> mine, std::span<std::byte> all,
                            std::span<const std::size_t> sizes) override {
    if (sizes.size() != peers() || mine.size() != sizes[static_cast<std::size_t>(rank_)]) {
      return invalid("all_gather: sizes do not fit rank " + std::to_string(rank_));
    }
    std::vector<std::span<const std::byte>> send(peers(), mine);
    std::vector<std::span<std::byte>> receive;
    std::size_t offset = 0;
    bool equal = true;
    for (const std::size_t size : sizes) {
      if (offset + size > all.size()) return invalid("all_gather: the result is too small");
      receive.push_back(all.subspan(offset, size));
      offset += size;
      equal = equal && size == mine.size();
    }
    if (offset != all.size()) return invalid("all_gather: the result's size is not the sum");
    if (!equal) return all_to_all_v(send, receive);
    if (mine.empty()) return {};
    return finish(cuda_.nccl_all_gather(comm_, mine.data(), all.data(), mine.size(), stream_),
                  "all_gather");
  }

  Result<void> all_to_all_v(std::span<const std::span<const std::byte>> send,
                            std::span<const std::span<std::byte>> receive) override {
    if (send.size() != peers() || receive.size() != peers()) {
      return invalid("all_to_all: not one part a rank");
    }
    std::vector<const void*> from(peers());
    std::vector<void*> to(peers());
    std::vector<std::size_t> from_bytes(peers()), to_bytes(peers());
    for (std::size_t peer = 0; peer < peers(); ++peer) {
      from[peer] = send[peer].data();
      to[peer] = receive[peer].data();
      from_bytes[peer] = send[peer].size();
      to_bytes[peer] = receive[peer].size();
    }
    // The own part in its place already needs no sending.
    const auto self = static_cast<std::size_t>(rank_);
    if (from_bytes[self] != to_bytes[self]) return invalid("all_to_all: own part's sizes differ");
    if (from[self] == to[self]) from_bytes[self] = to_bytes[self] = 0;
    return finish(cuda_.nccl_exchange(comm_, from.data(), from_bytes.data(), to.data(),
                                      to_bytes.data(), stream_),
                  "all_to_all");
  }

  Result<void> reduce_scatter(std::span<const float> full, std::span<float> mine) override {
    if (full.size() != mine.size() * peers()) {
      return invalid("reduce_scatter: full is not size · mine");
    }
    if (mine.empty()) return {};
    return finish(cuda_.nccl_reduce_scatter(comm_, full.data(), mine.data(), mine.size(), stream_),
                  "reduce_scatter");
  }

  Result<void> broadcast(std::span<std::byte> data, int root) override {
    if (root < 0 || root >= size_) return invalid("broadcast: no rank " + std::to_string(root));
    if (data.empty()) return {};
    return finish(cuda_.nccl_broadcast(comm_, data.data(), data.size(), root, stream_),
                  "broadcast");
  }

  Result<void> barrier() override {
    // A sum over one byte a rank would need a second buffer; a broadcast from each does not.
    for (int root = 0; root < size_; ++root) {
      ORCH_TRY(finish(cuda_.nccl_broadcast(comm_, byte_, 1, root, stream_), "barrier"));
    }
    return {};
  }

  void abort() override { cuda_.nccl_abort(comm_); }

 private:
  std::size_t peers() const { return static_cast<std::size_t>(size_); }

  Result<void> finish(bool started, const char* what) {
    if (started && cuda_.nccl_wait(comm_, stream_, timeout_.count())) return {};
    const char* why = cuda_.failure();
    return unavailable(std::string(what) + " on rank " + std::to_string(rank_) + ": " +
                       (why != nullptr ? why : "unknown reason"));
  }

  const kernels::CudaTable& cuda_;
  void* comm_;
  void* stream_;
  void* byte_;  // one byte of device memory, for barriers
  int rank_;
  int size_;
  Duration timeout_;
};

}  // namespace

Result<std::unique_ptr<Comm>> open_nccl(const kernels::CudaTable& cuda,
                                        std::span<const std::byte> id, int rank, int size,
                                        Duration timeout) {
  if (id.size() != kernels::kNcclIdBytes || rank < 0 || rank >= size) {
    return invalid("NCCL: rank " + std::to_string(rank) + " of " + std::to_string(size) +
                   " with an id of " + std::to_string(id.size()) + " bytes");
  }
  void* byte = cuda.allocate(1);
  void* stream = byte != nullptr ? cuda.create_stream() : nullptr;
  void* comm = stream != nullptr ? cuda.nccl_open(id.data(), rank, size, timeout.count()) : nullptr;
  if (comm != nullptr) {
    return std::unique_ptr<Comm>(
        std::make_unique<NcclComm>(cuda, comm, stream, byte, rank, size, timeout));
  }
  const char* why = cuda.failure();
  Error error = unavailable("NCCL: rank " + std::to_string(rank) + " of " + std::to_string(size) +
                            " cannot join: " + (why != nullptr ? why : "unknown reason"));
  if (stream != nullptr) cuda.destroy_stream(stream);
  if (byte != nullptr) cuda.release(byte);
  return error;
}

}  // namespace orch::parallel
