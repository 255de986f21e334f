# CUDA from the wheels: the pinned nvcc compiles everywhere, a GPU is not needed. No enable_language(CUDA):
# the wheels' layout (no lib64, no libcudart.so link) does not pass CMake's own compiler test.
set(orch_cuda_dir ${ORCH_PREFIX}/prefix/nvidia/cu13)
set(orch_nccl_dir ${ORCH_PREFIX}/prefix/nvidia/nccl)
find_program(ORCH_NVCC nvcc PATHS ${orch_cuda_dir}/bin NO_DEFAULT_PATH)
find_program(ORCH_NVCC nvcc REQUIRED)
set(ORCH_CUDA_ARCHITECTURES 80 90a CACHE STRING "GPU architectures to compile for")

add_library(Orch::cudart SHARED IMPORTED GLOBAL)
set_target_properties(Orch::cudart PROPERTIES IMPORTED_LOCATION ${orch_cuda_dir}/lib/libcudart.so.13)
target_include_directories(Orch::cudart SYSTEM INTERFACE ${orch_cuda_dir}/include)
add_library(Orch::nccl SHARED IMPORTED GLOBAL)
set_target_properties(Orch::nccl PROPERTIES IMPORTED_LOCATION ${orch_nccl_dir}/lib/libnccl.so.2)
target_include_directories(Orch::nccl SYSTEM INTERFACE ${orch_nccl_dir}/include)

# Torch::cuda: for the CUDA library only. Nothing refers to its symbols by name, so keep it by force.
if(TARGET Torch::cpu)
  add_library(Torch::cuda INTERFACE IMPORTED GLOBAL)
  target_link_libraries(Torch::cuda INTERFACE Torch::cpu Orch::cudart)
  target_link_options(Torch::cuda INTERFACE -Wl,--no-as-needed ${orch_torch_dir}/lib/libc10_cuda.so
    ${orch_torch_dir}/lib/libtorch_cuda.so -Wl,--as-needed -Wl,--allow-shlib-undefined)
endif()

# orch_cuda_objects(variable file.cu…): compiles with nvcc; the objects' paths go into `variable`, to be named
# among the SOURCES of a library that links Orch::cudart. -fmad=false: as -ffp-contract=off on the CPU.
function(orch_cuda_objects variable)
  foreach(arch IN LISTS ORCH_CUDA_ARCHITECTURES)
    list(APPEND gencode -gencode=arch=compute_${arch},code=sm_${arch})
  endforeach()
  foreach(source IN LISTS ARGN)
    cmake_path(ABSOLUTE_PATH source OUTPUT_VARIABLE file)
    cmake_path(RELATIVE_PATH file BASE_DIRECTORY ${CMAKE_SOURCE_DIR} OUTPUT_VARIABLE path)
    set(object ${CMAKE_BINARY_DIR}/cuda/${path}.o)
    cmake_path(GET object PARENT_PATH folder)
    file(MAKE_DIRECTORY ${folder})
    add_custom_command(OUTPUT ${object} DEPENDS ${file} DEPFILE ${object}.d VERBATIM
      COMMAND ${ORCH_CCACHE} ${ORCH_NVCC} -ccbin ${CMAKE_CXX_COMPILER} -std=c++20 -O2 ${gencode}
        -fmad=false -Xcompiler=-fPIC,-ffp-contract=off -I${CMAKE_SOURCE_DIR} -isystem ${orch_nccl_dir}/include
        -MD -MF ${object}.d -c ${file} -o ${object}
      COMMENT "nvcc ${path}")
    list(APPEND objects ${object})
  endforeach()
  set(${variable} ${objects} PARENT_SCOPE)
endfunction()
