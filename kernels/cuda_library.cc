#include "kernels/cuda_library.h"

#include <dlfcn.h>

#include "base/environment.h"
#include "base/file.h"

namespace orch::kernels {

Result<const CudaTable*> load_cuda_library(const std::string& path) {
  if (!file_exists(path)) {
    return not_found("no CUDA library at " + path,
                     "build the target orch_cuda, or run without GPUs");
  }
  void* library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_GLOBAL);
  if (library == nullptr) {
    const char* why = ::dlerror();
    return internal("cannot load " + path + ": " + (why != nullptr ? why : "unknown reason"),
                    "are the CUDA libraries of ./dev setup in place?");
  }
  using TableFunction = const void*(std::uint32_t);
  auto* function = reinterpret_cast<TableFunction*>(::dlsym(library, "orch_cuda_table"));
  if (function == nullptr)
    return internal(path + " has no orch_cuda_table: not Orch's CUDA library");
  const void* table = function(kCudaTableVersion);
  if (table == nullptr) {
    return internal(path + " is of another version than this program (wants table " +
                        std::to_string(kCudaTableVersion) + ")",
                    "build both from the same tree");
  }
  return static_cast<const CudaTable*>(table);
}

std::string cuda_library_path() {
  return join_path(executable_directory(), "../lib/liborch_cuda.so");
}

}  // namespace orch::kernels
