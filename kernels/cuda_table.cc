// The one symbol that the CUDA library exports (cuda_exports.map).
#include "kernels/cuda_device.h"

namespace orch::kernels {

namespace cuda {
const Ops& table();
}

namespace {

CudaTable make_table() {
  CudaTable table;
  table.ops = cuda::table();
  cuda::fill_device_table(table);
  cuda::fill_nccl_table(table);
  return table;
}

}  // namespace
}  // namespace orch::kernels

/// The table, or null when the caller was built against another one. It lives for ever.
extern "C" const void* orch_cuda_table(std::uint32_t version) {
  static const orch::kernels::CudaTable kTable = orch::kernels::make_table();
  return version == orch::kernels::kCudaTableVersion ? &kTable : nullptr;
}
