#include "jobs/parallel/comm.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <vector>

namespace orch::parallel {

Result<void> Comm::all_gather(std::span<const std::byte> mine, std::span<std::byte> all) {
  return all_gather_v(mine, all,
                      std::vector<std::size_t>(static_cast<std::size_t>(size()), mine.size()));
}

namespace {

class SingleComm final : public Comm {
 public:
  int rank() const override { return 0; }
  int size() const override { return 1; }
  Result<void> all_gather_v(std::span<const std::byte> mine, std::span<std::byte> all,
                            std::span<const std::size_t> sizes) override {
    if (sizes.size() != 1 || sizes[0] != mine.size())
      return invalid("all_gather: sizes do not fit");
    return copy(mine, all);
  }
  Result<void> all_to_all_v(std::span<const std::span<const std::byte>> send,
                            std::span<const std::span<std::byte>> receive) override {
    if (send.size() != 1 || receive.size() != 1) return invalid("all_to_all: not one part");
    return copy(send[0], receive[0]);
  }
  Result<void> reduce_scatter(std::span<const float> full, std::span<float> mine) override {
    return copy(std::as_bytes(full), std::as_writable_bytes(mine));
  }
  Result<void> broadcast(std::span<std::byte>, int root) override {
    if (root != 0) return invalid("broadcast: no rank " + std::to_string(root));
    return state();
  }
  Result<void> barrier() override { return state(); }
  void abort() override { aborted_.store(true); }

 private:
  Result<void> state() const {
    if (aborted_.load()) return unavailable("collective: aborted");
    return {};
  }
  Result<void> copy(std::span<const std::byte> from, std::span<std::byte> to) const {
    if (from.size() != to.size()) return invalid("collective: sizes differ");
    if (!from.empty()) std::memmove(to.data(), from.data(), from.size());
    return state();
  }

  std::atomic<bool> aborted_ = false;
};

}  // namespace

std::unique_ptr<Comm> open_single() { return std::make_unique<SingleComm>(); }

}  // namespace orch::parallel
