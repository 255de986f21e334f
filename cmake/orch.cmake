# The functions that folders use: one line a library, program, test or benchmark.

# orch_subfolders(folder…): adds each folder that has a CMakeLists.txt.
function(orch_subfolders)
  foreach(folder IN LISTS ARGN)
    if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/CMakeLists.txt)
      add_subdirectory(${folder})
    endif()
  endforeach()
endfunction()

# orch_library(name SOURCES a.cc… LIBS other…): a static library; without sources, headers only.
function(orch_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBS" ${ARGN})
  orch_no_leftovers(${name} ${ARG_UNPARSED_ARGUMENTS})
  if(ARG_SOURCES)
    add_library(${name} STATIC ${ARG_SOURCES})
    target_link_libraries(${name} PUBLIC ${ARG_LIBS})
  else()
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE ${ARG_LIBS})
  endif()
endfunction()

# orch_binary(name SOURCES main.cc… LIBS other…): a program in <build>/bin.
function(orch_binary name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBS" ${ARGN})
  orch_no_leftovers(${name} ${ARG_UNPARSED_ARGUMENTS})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_LIBS})
endfunction()

# orch_test(name SOURCES a_test.cc… LIBS other… [LABELS l…] [TIMEOUT s] [DEPENDS program…]): GoogleTest with main,
# one ctest entry. Tests see ORCH_SOURCE_DIR and ORCH_BIN_DIR as macros.
function(orch_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;LIBS;LABELS;DEPENDS" ${ARGN})
  orch_no_leftovers(${name} ${ARG_UNPARSED_ARGUMENTS})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  target_compile_definitions(${name} PRIVATE ORCH_SOURCE_DIR="${CMAKE_SOURCE_DIR}" ORCH_BIN_DIR="${CMAKE_BINARY_DIR}/bin")
  target_link_libraries(${name} PRIVATE ${ARG_LIBS} GTest::gtest GTest::gtest_main)
  if(ARG_DEPENDS)
    # At the end, when all programs are known; some do not exist in a build without LibTorch.
    cmake_language(EVAL CODE "cmake_language(DEFER DIRECTORY \"${CMAKE_SOURCE_DIR}\"
      CALL orch_depend [[${name}]] [[${ARG_DEPENDS}]])")
  endif()
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES TIMEOUT ${ARG_TIMEOUT} LABELS "${ARG_LABELS}")
endfunction()

# orch_bench(name SOURCES a_bench.cc… LIBS other…): a program in <build>/bench that prints JSON lines.
function(orch_bench name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBS" ${ARGN})
  orch_no_leftovers(${name} ${ARG_UNPARSED_ARGUMENTS})
  add_executable(${name} ${ARG_SOURCES})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bench)
  target_link_libraries(${name} PRIVATE ${ARG_LIBS})
endfunction()

# orch_capnp(name schema.capnp…): a static library of generated code, included as "folder/schema.capnp.h".
# Schemas import each other by their path from the root: import "/protocol/x.capnp".
function(orch_capnp name)
  find_package(CapnProto REQUIRED)
  find_program(ORCH_CAPNP capnp REQUIRED)
  set(out ${CMAKE_BINARY_DIR}/generated)
  file(MAKE_DIRECTORY ${out})
  foreach(schema IN LISTS ARGN)
    cmake_path(ABSOLUTE_PATH schema OUTPUT_VARIABLE file)
    cmake_path(RELATIVE_PATH file BASE_DIRECTORY ${CMAKE_SOURCE_DIR} OUTPUT_VARIABLE path)
    list(APPEND files ${file})
    list(APPEND generated ${out}/${path}.c++ ${out}/${path}.h)
  endforeach()
  # One command for all: they may import each other.
  add_custom_command(OUTPUT ${generated} DEPENDS ${files} VERBATIM
    COMMAND ${ORCH_CAPNP} compile -I${CMAKE_SOURCE_DIR} --src-prefix=${CMAKE_SOURCE_DIR} -oc++:${out} ${files}
    COMMENT "capnp compile for ${name}")
  add_library(${name} STATIC ${generated})
  target_include_directories(${name} SYSTEM PUBLIC ${out})
  target_link_libraries(${name} PUBLIC CapnProto::capnp CapnProto::kj)
endfunction()

function(orch_depend name programs)
  foreach(program IN LISTS programs)
    if(TARGET ${program})
      add_dependencies(${name} ${program})
    endif()
  endforeach()
endfunction()

function(orch_no_leftovers name)
  if(ARGN)
    message(FATAL_ERROR "${name}: unknown arguments: ${ARGN}")
  endif()
endfunction()
