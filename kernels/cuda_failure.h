#pragma once
// Failures of the CUDA library, kept per thread until asked for: ops return nothing, so a launch
// that failed is found at the next look. Part of the CUDA library only.

#include <cuda_runtime_api.h>

namespace orch::kernels::cuda {

/// Keeps "file:line: what: why" unless an earlier failure is still unread. False, so that callers
/// can return it.
bool keep_failure(const char* file, int line, const char* what, const char* why);

/// True if the call succeeded; else its failure is kept.
bool check(cudaError_t error, const char* file, int line, const char* what);

}  // namespace orch::kernels::cuda

#define ORCH_CUDA(call) ::orch::kernels::cuda::check((call), __FILE__, __LINE__, #call)
/// After each launch: catches a wrong configuration at once.
#define ORCH_CUDA_LAUNCHED(kernel) \
  ::orch::kernels::cuda::check(cudaGetLastError(), __FILE__, __LINE__, kernel)
