# Compiler, linker and flags for every target: C++20, no contraction of floating point, one ISA baseline.
set(CMAKE_FIND_PACKAGE_TARGETS_GLOBAL ON)
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
# Headers cost more than our own lines, so eight files of a target are compiled as one; not in the preset `dev`, where
# files change all the time. Names of one target are therefore unique, also those in unnamed namespaces.
option(CMAKE_UNITY_BUILD "Compile several files together" ON)
set(CMAKE_UNITY_BUILD_BATCH_SIZE 8)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib)
set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
endif()
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
set(CMAKE_C_FLAGS_RELEASE "-O2 -DNDEBUG")
set(CMAKE_CXX_FLAGS_DEBUG "-Og -g")
set(CMAKE_C_FLAGS_DEBUG "-Og -g")

# -fPIC for all, not CMake's PIC/PIE pair: one precompiled header then fits libraries and programs.
add_compile_options(-fPIC -ffp-contract=off -fno-omit-frame-pointer -fdiagnostics-color=auto)
# maybe-uninitialized: g++ 12 reports it falsely for each std::variant that is moved. subobject-linkage: it takes a .cc
# that is compiled with others for a header.
add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-Wall> $<$<COMPILE_LANGUAGE:CXX>:-Wextra>
  $<$<COMPILE_LANGUAGE:CXX>:-Wno-maybe-uninitialized> $<$<COMPILE_LANGUAGE:CXX>:-Wno-subobject-linkage>)
include_directories(${CMAKE_SOURCE_DIR})
if(ORCH_SANITIZE)
  add_compile_options(-fsanitize=${ORCH_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${ORCH_SANITIZE})
endif()

find_program(ORCH_MOLD mold)
if(ORCH_MOLD)
  add_link_options(-fuse-ld=mold)
endif()
find_program(ORCH_CCACHE ccache)
if(ORCH_CCACHE)
  # Sloppiness that ccache needs to cache what uses a precompiled header.
  set(orch_launcher ${CMAKE_COMMAND} -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${ORCH_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${orch_launcher})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${orch_launcher})
  add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-fpch-preprocess>)
endif()
find_package(Threads REQUIRED)
