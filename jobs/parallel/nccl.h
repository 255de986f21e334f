#pragma once
// Comm over NCCL, reached through the CUDA library's table: for ranks with a GPU each.

#include <cstddef>
#include <memory>
#include <span>

#include "jobs/parallel/comm.h"
#include "kernels/cuda_library.h"

namespace orch::parallel {

/// Joins the ranks that were given the same `id` (kernels::kNcclIdBytes, from cuda.nccl_make_id in
/// one of them). All spans of this Comm are device memory of the current device; calls wait until
/// the bytes are there. `timeout` bounds the joining and each call.
/// Errors: kUnavailable with NCCL's reason; kInvalid for a wrong id, rank or size.
/// Lifetime: `cuda` outlives it.
Result<std::unique_ptr<Comm>> open_nccl(const kernels::CudaTable& cuda,
                                        std::span<const std::byte> id, int rank, int size,
                                        Duration timeout);

}  // namespace orch::parallel
