// Comm over NCCL on the GPUs of this machine: one rank a GPU, as threads. Skips aloud without any.
#include "jobs/parallel/nccl.h"

#include <gtest/gtest.h>

#include <array>
#include <thread>
#include <vector>

namespace orch::parallel {
namespace {

const kernels::CudaTable* cuda_or_null() {
  const auto table = kernels::load_cuda_library(kernels::cuda_library_path());
  return table.ok() && table.value()->device_count() > 0 ? table.value() : nullptr;
}

class DeviceBytes {
 public:
  DeviceBytes(const kernels::CudaTable& cuda, const std::vector<std::byte>& host)
      : cuda_(cuda), size_(host.size()), data_(cuda.allocate(host.size() + 1)) {
    cuda.copy(data_, host.data(), size_, nullptr);
  }
  ~DeviceBytes() { cuda_.release(data_); }
  DeviceBytes(const DeviceBytes&) = delete;
  DeviceBytes& operator=(const DeviceBytes&) = delete;
  std::span<std::byte> span() const { return {static_cast<std::byte*>(data_), size_}; }
  std::vector<std::byte> read() const {
    std::vector<std::byte> host(size_);
    cuda_.copy(host.data(), data_, size_, nullptr);
    return host;
  }

 private:
  const kernels::CudaTable& cuda_;
  std::size_t size_;
  void* data_;
};

void run_gpu_rank(const kernels::CudaTable& cuda, std::span<const std::byte> id, int rank,
                  int size) {
  ASSERT_TRUE(cuda.set_device(rank));
  auto comm = open_nccl(cuda, id, rank, size, std::chrono::seconds(60));
  ASSERT_TRUE(comm.ok()) << comm.error().message;
  std::vector<std::size_t> sizes;
  std::vector<std::byte> want;
  for (int peer = 0; peer < size; ++peer) {
    sizes.push_back(1000 + 7 * static_cast<std::size_t>(peer));
    want.insert(want.end(), sizes.back(), std::byte(peer + 1));
  }
  const std::vector<std::byte> own(sizes[static_cast<std::size_t>(rank)], std::byte(rank + 1));
  const DeviceBytes mine(cuda, own);
  const DeviceBytes all(cuda, std::vector<std::byte>(want.size()));
  const auto gathered = comm.value()->all_gather_v(mine.span(), all.span(), sizes);
  ASSERT_TRUE(gathered.ok()) << gathered.error().message;
  EXPECT_EQ(all.read(), want);
  const DeviceBytes sent(cuda, std::vector<std::byte>(500, std::byte(rank == 0 ? 9 : 0)));
  EXPECT_TRUE(comm.value()->broadcast(sent.span(), 0).ok());
  EXPECT_EQ(sent.read(), std::vector<std::byte>(500, std::byte{9}));
  EXPECT_TRUE(comm.value()->barrier().ok());
}

TEST(NcclComm, CollectivesOverTheGpusOfThisMachine) {
  const kernels::CudaTable* cuda = cuda_or_null();
  if (cuda == nullptr) GTEST_SKIP() << "SKIPPED: no CUDA device or library";
  const int size = cuda->device_count();
  std::array<std::byte, kernels::kNcclIdBytes> id{};
  ASSERT_TRUE(cuda->nccl_make_id(id.data())) << cuda->failure();
  std::vector<std::thread> ranks;
  for (int rank = 0; rank < size; ++rank) {
    ranks.emplace_back([&, rank] { run_gpu_rank(*cuda, id, rank, size); });
  }
  for (auto& rank : ranks) rank.join();
}

TEST(NcclComm, WrongArgumentsAreRefusedBeforeCudaIsTouched) {
  const kernels::CudaTable empty;
  const std::vector<std::byte> id(kernels::kNcclIdBytes);
  EXPECT_FALSE(open_nccl(empty, id, 2, 2, std::chrono::seconds(1)).ok());
  EXPECT_FALSE(open_nccl(empty, std::span(id).first(3), 0, 2, std::chrono::seconds(1)).ok());
}

}  // namespace
}  // namespace orch::parallel
