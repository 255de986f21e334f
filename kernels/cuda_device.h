#pragma once
// The CUDA library's own functions behind CudaTable: devices, memory, streams, failures, NCCL.
// Contracts stand in kernels/cuda_library.h. Part of the CUDA library only.

#include "kernels/cuda_library.h"

namespace orch::kernels::cuda {

void fill_device_table(CudaTable& table);
void fill_nccl_table(CudaTable& table);

}  // namespace orch::kernels::cuda
