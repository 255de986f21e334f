# LibTorch out of the unpacked wheel, imported by hand: only c10 and torch_cpu, no Python, no find_package(Torch).
set(orch_torch_dir ${ORCH_PREFIX}/prefix/torch)
set(orch_nvidia_dir ${ORCH_PREFIX}/prefix/nvidia)
if(NOT EXISTS ${orch_torch_dir}/lib/libtorch_cpu.so)
  message(FATAL_ERROR "no LibTorch in ${orch_torch_dir}\n  try: ./dev setup (or configure with -DORCH_TORCH=OFF)")
endif()

foreach(part c10 torch_cpu)
  add_library(Torch::${part} SHARED IMPORTED GLOBAL)
  set_target_properties(Torch::${part} PROPERTIES IMPORTED_LOCATION ${orch_torch_dir}/lib/lib${part}.so)
endforeach()
add_library(Torch::cpu INTERFACE IMPORTED GLOBAL)
target_include_directories(Torch::cpu SYSTEM INTERFACE
  ${orch_torch_dir}/include ${orch_torch_dir}/include/torch/csrc/api/include)
target_compile_definitions(Torch::cpu INTERFACE _GLIBCXX_USE_CXX11_ABI=1)
target_link_libraries(Torch::cpu INTERFACE Torch::torch_cpu Torch::c10 Threads::Threads)
# libtorch_cpu.so needs libcudart and libcupti; its own rpath finds them at run time, the linker wants a hint.
target_link_options(Torch::cpu INTERFACE -Wl,-rpath-link,${orch_nvidia_dir}/cu13/lib
  -Wl,-rpath,${orch_nvidia_dir}/cu13/lib)

# The precompiled header: Tensor and the ops that the engine uses, not <torch/torch.h> (20-40 s a file).
file(WRITE ${CMAKE_BINARY_DIR}/generated/torch_pch.cc.in "// Carries the precompiled ATen headers.\n")
configure_file(${CMAKE_BINARY_DIR}/generated/torch_pch.cc.in ${CMAKE_BINARY_DIR}/generated/torch_pch.cc COPYONLY)
add_library(orch_torch_pch STATIC ${CMAKE_BINARY_DIR}/generated/torch_pch.cc)
target_link_libraries(orch_torch_pch PUBLIC Torch::cpu)
target_precompile_headers(orch_torch_pch PRIVATE
  <algorithm> <array> <cmath> <cstdint> <cstring> <functional> <map> <memory> <optional> <span> <string>
  <string_view> <unordered_map> <utility> <vector>
  <ATen/core/Tensor.h> <ATen/Parallel.h> <ATen/core/grad_mode.h> <c10/util/BFloat16.h>
  <ATen/ops/addmm.h> <ATen/ops/arange.h> <ATen/ops/bmm.h> <ATen/ops/cat.h> <ATen/ops/empty.h>
  <ATen/ops/empty_like.h> <ATen/ops/from_blob.h> <ATen/ops/full.h> <ATen/ops/log_softmax.h> <ATen/ops/matmul.h>
  <ATen/ops/mm.h> <ATen/ops/ones.h> <ATen/ops/rand.h> <ATen/ops/randn.h> <ATen/ops/softmax.h> <ATen/ops/stack.h>
  <ATen/ops/tensor.h> <ATen/ops/where.h> <ATen/ops/zeros.h> <ATen/ops/zeros_like.h>)

# orch_torch_pch(target…): the target uses the shared precompiled header. Link it to Torch::cpu as well.
function(orch_torch_pch)
  foreach(target IN LISTS ARGN)
    target_precompile_headers(${target} REUSE_FROM orch_torch_pch)
  endforeach()
endfunction()
