// Thin, abortable NCCL: communicators are non-blocking, every call is polled against a deadline.
#include <cuda_runtime_api.h>
#include <nccl.h>

#include <cstring>
#include <string>

#include "base/clock.h"
#include "kernels/cuda_device.h"
#include "kernels/cuda_failure.h"

namespace orch::kernels::cuda {

namespace {

constexpr Duration kPoll = std::chrono::microseconds(50);

static_assert(sizeof(ncclUniqueId) == kNcclIdBytes);

struct Communicator {
  ncclComm_t handle = nullptr;
  int size = 0;
  Duration timeout{};
};

Communicator* communicator(void* comm) { return static_cast<Communicator*>(comm); }

bool check_nccl(ncclResult_t result, const char* file, int line, const char* what) {
  if (result == ncclSuccess || result == ncclInProgress) return true;
  return keep_failure(file, line, what, ncclGetErrorString(result));
}

#define ORCH_NCCL(call) check_nccl((call), __FILE__, __LINE__, #call)

// Until the last call on this communicator has been taken over, or the deadline.
bool settled(const Communicator& c, TimePoint deadline, const char* what) {
  const SystemClock clock;
  while (true) {
    ncclResult_t state = ncclSuccess;
    if (!ORCH_NCCL(ncclCommGetAsyncError(c.handle, &state))) return false;
    if (state == ncclSuccess) return true;
    if (state != ncclInProgress) {
      return keep_failure(__FILE__, __LINE__, what, ncclGetErrorString(state));
    }
    if (clock.now() >= deadline) {
      return keep_failure(__FILE__, __LINE__, what, "timed out waiting for other ranks");
    }
    sleep_for(kPoll);
  }
}

bool settled(const Communicator& c, const char* what) {
  return settled(c, SystemClock().now() + c.timeout, what);
}

bool make_id(std::byte* id) {
  ncclUniqueId made;
  if (!ORCH_NCCL(ncclGetUniqueId(&made))) return false;
  std::memcpy(id, &made, sizeof made);
  return true;
}

void abort(void* comm) {
  Communicator* c = communicator(comm);
  if (c->handle == nullptr) return;
  ORCH_NCCL(ncclCommAbort(c->handle));
  c->handle = nullptr;
}

void close(void* comm) {
  Communicator* c = communicator(comm);
  if (c->handle != nullptr) {
    ORCH_NCCL(ncclCommFinalize(c->handle));
    if (settled(*c, "ncclCommFinalize")) {
      ORCH_NCCL(ncclCommDestroy(c->handle));
    } else {
      abort(comm);
    }
  }
  delete c;
}

void* open(const std::byte* id, int rank, int size, std::int64_t timeout_ns) {
  ncclUniqueId unique;
  std::memcpy(&unique, id, sizeof unique);
  ncclConfig_t config = NCCL_CONFIG_INITIALIZER;
  config.blocking = 0;
  auto* c = new Communicator{.size = size, .timeout = Duration(timeout_ns)};
  if (ORCH_NCCL(ncclCommInitRankConfig(&c->handle, size, unique, rank, &config)) &&
      settled(*c, "ncclCommInitRankConfig")) {
    return c;
  }
  abort(c);
  delete c;
  return nullptr;
}

bool all_gather(void* comm, const void* mine, void* all, std::size_t size_bytes, void* stream) {
  const Communicator& c = *communicator(comm);
  return ORCH_NCCL(ncclAllGather(mine, all, size_bytes, ncclUint8, c.handle,
                                 static_cast<cudaStream_t>(stream))) &&
         settled(c, "ncclAllGather");
}

bool exchange(void* comm, const void* const* send, const std::size_t* send_bytes,
              void* const* receive, const std::size_t* receive_bytes, void* stream) {
  const Communicator& c = *communicator(comm);
  bool good = ORCH_NCCL(ncclGroupStart());
  for (int peer = 0; good && peer < c.size; ++peer) {
    if (send_bytes[peer] > 0) {
      good = ORCH_NCCL(ncclSend(send[peer], send_bytes[peer], ncclUint8, peer, c.handle,
                                static_cast<cudaStream_t>(stream)));
    }
    if (good && receive_bytes[peer] > 0) {
      good = ORCH_NCCL(ncclRecv(receive[peer], receive_bytes[peer], ncclUint8, peer, c.handle,
                                static_cast<cudaStream_t>(stream)));
    }
  }
  return ORCH_NCCL(ncclGroupEnd()) && good && settled(c, "ncclSend, ncclRecv");
}

bool reduce_scatter(void* comm, const float* full, float* mine, std::size_t count, void* stream) {
  const Communicator& c = *communicator(comm);
  return ORCH_NCCL(ncclReduceScatter(full, mine, count, ncclFloat32, ncclSum, c.handle,
                                     static_cast<cudaStream_t>(stream))) &&
         settled(c, "ncclReduceScatter");
}

bool broadcast(void* comm, void* data, std::size_t size_bytes, int root, void* stream) {
  const Communicator& c = *communicator(comm);
  return ORCH_NCCL(ncclBroadcast(data, data, size_bytes, ncclUint8, root, c.handle,
                                 static_cast<cudaStream_t>(stream))) &&
         settled(c, "ncclBroadcast");
}

bool wait(void* comm, void* stream, std::int64_t timeout_ns) {
  const Communicator& c = *communicator(comm);
  const SystemClock clock;
  const TimePoint deadline = clock.now() + Duration(timeout_ns);
  while (true) {
    const cudaError_t state = cudaStreamQuery(static_cast<cudaStream_t>(stream));
    if (state == cudaSuccess) return true;
    if (state != cudaErrorNotReady) return ORCH_CUDA(state);
    if (c.handle == nullptr) return keep_failure(__FILE__, __LINE__, "nccl wait", "aborted");
    if (!settled(c, deadline, "nccl wait")) return false;
    if (clock.now() >= deadline) {
      return keep_failure(__FILE__, __LINE__, "nccl wait", "timed out waiting for other ranks");
    }
    sleep_for(kPoll);
  }
}

}  // namespace

void fill_nccl_table(CudaTable& table) {
  table.nccl_make_id = make_id;
  table.nccl_open = open;
  table.nccl_all_gather = all_gather;
  table.nccl_exchange = exchange;
  table.nccl_reduce_scatter = reduce_scatter;
  table.nccl_broadcast = broadcast;
  table.nccl_wait = wait;
  table.nccl_abort = abort;
  table.nccl_close = close;
}

}  // namespace orch::kernels::cuda
