#pragma once
// The CUDA half of Orch is one shared object, loaded by a rank that was given a GPU, before its
// first ATen call, and never closed. It exports one C function, orch_cuda_table(version); all of
// CUDA and NCCL is reached through the table that it returns. Nothing else in Orch refers to a CUDA
// symbol.

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/result.h"
#include "kernels/ops.h"

namespace orch::kernels {

/// Rises with every change to CudaTable; it contains Ops, so kOpsVersion counts too.
inline constexpr std::uint32_t kCudaTableVersion = (kOpsVersion << 16) | 1;

inline constexpr std::size_t kNcclIdBytes = 128;

/// Functions that answer bool: false is a failure, whose text failure() gives. Ops return nothing:
/// their failures (launch or earlier fault) are kept for failure() too. Streams are cudaStream_t,
/// null is the default one.
/// Thread: any; failure() is per thread.
struct CudaTable {
  std::uint32_t version = kCudaTableVersion;
  Ops ops;

  int (*device_count)() = nullptr;  ///< 0 without a driver or a GPU
  bool (*set_device)(int device) = nullptr;
  void* (*allocate)(std::size_t size_bytes) = nullptr;  ///< device memory; null is a failure
  void (*release)(void* memory) = nullptr;
  void* (*create_stream)() = nullptr;
  void (*destroy_stream)(void* stream) = nullptr;
  /// Host or device, either side; returns when the bytes are there.
  bool (*copy)(void* to, const void* from, std::size_t size_bytes, void* stream) = nullptr;
  bool (*synchronise)(void* stream) = nullptr;
  /// First failure of this thread since the last call: "file:line: what: why"; null when there was
  /// none.
  const char* (*failure)() = nullptr;

  bool (*nccl_make_id)(std::byte* id) = nullptr;  ///< kNcclIdBytes, made by one rank for all
  /// Non-blocking inside; waits until all joined or the time is over. Null is a failure.
  void* (*nccl_open)(const std::byte* id, int rank, int size, std::int64_t timeout_ns) = nullptr;
  bool (*nccl_all_gather)(void* comm, const void* mine, void* all, std::size_t size_bytes,
                          void* stream) = nullptr;
  /// One group of sends and receives, arrays of `size` entries; zero sizes are left out.
  bool (*nccl_exchange)(void* comm, const void* const* send, const std::size_t* send_bytes,
                        void* const* receive, const std::size_t* receive_bytes,
                        void* stream) = nullptr;
  bool (*nccl_reduce_scatter)(void* comm, const float* full, float* mine, std::size_t count,
                              void* stream) = nullptr;
  bool (*nccl_broadcast)(void* comm, void* data, std::size_t size_bytes, int root,
                         void* stream) = nullptr;
  /// Waits for the stream's work; false at an asynchronous error, an abort or after the time.
  bool (*nccl_wait)(void* comm, void* stream, std::int64_t timeout_ns) = nullptr;
  void (*nccl_abort)(void* comm) = nullptr;
  void (*nccl_close)(void* comm) = nullptr;
};

/// Loads the library (RTLD_NOW | RTLD_GLOBAL) and compares versions. The table lives for ever.
/// Errors: kNotFound without the file; kInternal when it cannot be loaded or is of another version,
/// with the reason.
/// Thread: before the first ATen call of the process.
Result<const CudaTable*> load_cuda_library(const std::string& path);

/// "liborch_cuda.so" beside the running program's folder: <bin>/../lib/.
std::string cuda_library_path();

}  // namespace orch::kernels
