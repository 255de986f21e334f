# orch_build_info: `const char* orch::build_id()` of "orch_build_id.h", a hash over the sources that decide a result's
# bits, the compiler, the flags and LibTorch. The same tree gives the same id; rewritten only when it changes.
# Included by the root this declares the target; run with -P (at each build) it writes the file.
if(CMAKE_SCRIPT_MODE_FILE)
  foreach(folder base kernels jobs)
    file(GLOB_RECURSE found RELATIVE ${SOURCE} ${SOURCE}/${folder}/*.h ${SOURCE}/${folder}/*.cc ${SOURCE}/${folder}/*.cu)
    list(APPEND files ${found})
  endforeach()
  list(SORT files)
  set(all "${TOOLS}")
  foreach(file IN LISTS files)
    file(SHA256 ${SOURCE}/${file} digest)
    string(APPEND all "\n${file} ${digest}")
  endforeach()
  string(SHA256 id "${all}")
  string(SUBSTRING ${id} 0 16 id)
  set(text "#include \"orch_build_id.h\"\nconst char* orch::build_id() { return \"${id}\"; }\n")
  set(old "")
  if(EXISTS ${OUT})
    file(READ ${OUT} old)
  endif()
  if(NOT old STREQUAL text)
    file(WRITE ${OUT} "${text}")
  endif()
  return()
endif()

set(orch_build_dir ${CMAKE_BINARY_DIR}/generated/build_info)
file(CONFIGURE OUTPUT ${orch_build_dir}/orch_build_id.h @ONLY CONTENT
"#pragma once
// Made by cmake/build_info.cmake.
namespace orch {
/// 16 hex digits that name what a result's bits depend on at build time: sources, compiler, flags, LibTorch.
const char* build_id();
}  // namespace orch
")
set(orch_torch_version none)
if(ORCH_TORCH AND EXISTS ${ORCH_PREFIX}/prefix/torch/version.py)
  file(STRINGS ${ORCH_PREFIX}/prefix/torch/version.py orch_torch_version REGEX "^__version__")
endif()
set(orch_tools "${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION} ${CMAKE_BUILD_TYPE} ${ORCH_SANITIZE}"
  "${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_RELEASE} ${orch_torch_version}")
add_custom_target(orch_build_id BYPRODUCTS ${orch_build_dir}/build_id.cc VERBATIM
  COMMAND ${CMAKE_COMMAND} -DSOURCE=${CMAKE_SOURCE_DIR} -DOUT=${orch_build_dir}/build_id.cc "-DTOOLS=${orch_tools}"
    -P ${CMAKE_CURRENT_LIST_FILE})
add_library(orch_build_info STATIC ${orch_build_dir}/build_id.cc)
target_include_directories(orch_build_info PUBLIC ${orch_build_dir})
add_dependencies(orch_build_info orch_build_id)
