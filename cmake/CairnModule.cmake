include_guard(GLOBAL)
include(GoogleTest)

add_library(cairn_flags INTERFACE)
target_compile_options(cairn_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wcast-align
  -Wnon-virtual-dtor -Woverloaded-virtual -Wold-style-cast -Wimplicit-fallthrough -Wformat=2 -Werror
  -ffp-contract=off)  # PDQ is bit-exact only without fused multiply-add
target_compile_definitions(cairn_flags INTERFACE $<$<CONFIG:Debug>:_GLIBCXX_ASSERTIONS>)
# A program names only the libraries it uses: cairn does not load libarchive, its reader does.
target_link_options(cairn_flags INTERFACE -Wl,--as-needed)
if(CAIRN_SANITIZE)
  target_compile_definitions(cairn_flags INTERFACE CAIRN_SANITIZED)  # RLIMIT_AS would stop it
endif()
if(CAIRN_SANITIZE)
  target_compile_options(cairn_flags INTERFACE
    -fsanitize=${CAIRN_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(cairn_flags INTERFACE -fsanitize=${CAIRN_SANITIZE})
endif()
if(CAIRN_FUZZ)
  target_compile_options(cairn_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

add_library(cairn_test_support INTERFACE)
target_include_directories(cairn_test_support INTERFACE ${PROJECT_SOURCE_DIR}/tests)
target_link_libraries(cairn_test_support INTERFACE OpenSSL::Crypto)  # its certificates

# What tests start: programs that Cairn starts itself, and those made for tests. All tests.
add_custom_target(cairn_children)
add_custom_target(cairn_tests)

# cairn_module(<name> LAYER <n> [TSAN] [POSTGRESQL] [DEPS <module>...] [PUBLIC <lib>...]
#              [PRIVATE <lib>...])
# TSAN: the module has threads; its tests also run in the tsan preset, which builds no others.
# POSTGRESQL: its tests use a server of their own, which ctest starts and stops.
# Globs its own directory and sorts files by suffix:
#   *_test.cpp -> cairn_<name>_test   *_bench.cpp -> cairn_<name>_bench
#   *_fuzz.cpp -> one binary each  every other .cpp -> library cairn_<name>
function(cairn_module name)
  cmake_parse_arguments(PARSE_ARGV 1 M "TSAN;POSTGRESQL" "LAYER" "DEPS;PUBLIC;PRIVATE")
  if(M_UNPARSED_ARGUMENTS OR NOT DEFINED M_LAYER)
    message(FATAL_ERROR "cairn_module(${name}): LAYER missing or unknown: ${M_UNPARSED_ARGUMENTS}")
  endif()
  foreach(dep IN LISTS M_DEPS)
    get_property(dep_layer GLOBAL PROPERTY CAIRN_LAYER_${dep})
    if(dep_layer STREQUAL "" OR NOT dep_layer LESS M_LAYER)
      message(FATAL_ERROR "cairn_module(${name}): layer ${M_LAYER} may not depend on ${dep} (layer '${dep_layer}')")
    endif()
  endforeach()
  set_property(GLOBAL PROPERTY CAIRN_LAYER_${name} ${M_LAYER})
  list(JOIN M_DEPS " " dep_text)
  set_property(GLOBAL APPEND PROPERTY CAIRN_MODULES "${name}: ${dep_text}")

  file(GLOB all CONFIGURE_DEPENDS *.cpp)
  file(GLOB headers CONFIGURE_DEPENDS *.h)
  list(FILTER headers EXCLUDE REGEX "_test\\.h$")
  set(tests ${all})
  set(benches ${all})
  set(fuzzers ${all})
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  list(FILTER benches INCLUDE REGEX "_bench\\.cpp$")
  list(FILTER fuzzers INCLUDE REGEX "_fuzz\\.cpp$")
  set(sources ${all})
  list(FILTER sources EXCLUDE REGEX "_(test|bench|fuzz)\\.cpp$")

  list(TRANSFORM M_DEPS PREPEND cairn_ OUTPUT_VARIABLE dep_targets)
  if(sources)
    add_library(cairn_${name} STATIC ${sources})
    set(scope PUBLIC)
    target_link_libraries(cairn_${name} PRIVATE cairn_flags ${M_PRIVATE})
  else()
    add_library(cairn_${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_sources(cairn_${name} ${scope} FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR}/src FILES ${headers})
  target_link_libraries(cairn_${name} ${scope} ${dep_targets} ${M_PUBLIC})

  if(CAIRN_SANITIZE STREQUAL "thread" AND NOT M_TSAN)
    return()
  endif()
  if(tests AND BUILD_TESTING)
    add_executable(cairn_${name}_test ${tests})
    target_link_libraries(cairn_${name}_test PRIVATE
      cairn_flags cairn_${name} cairn_test_support GTest::gmock GTest::gtest_main rapidcheck)
    target_compile_definitions(cairn_${name}_test PRIVATE
      CAIRN_SOURCE_DIR="${PROJECT_SOURCE_DIR}" CAIRN_BIN_DIR="${CMAKE_RUNTIME_OUTPUT_DIRECTORY}")
    add_dependencies(cairn_${name}_test cairn_children)
    add_dependencies(cairn_tests cairn_${name}_test)
    set(needs)
    if(M_POSTGRESQL)
      target_compile_definitions(cairn_${name}_test PRIVATE
        CAIRN_TEST_POSTGRESQL="${PROJECT_BINARY_DIR}/test_postgresql")
      set(needs FIXTURES_REQUIRED postgresql)
    endif()
    gtest_discover_tests(cairn_${name}_test TEST_PREFIX "${name}." DISCOVERY_MODE PRE_TEST
      PROPERTIES LABELS unit TIMEOUT 300 ${needs})
  endif()
  if(benches AND CAIRN_BENCH)
    add_executable(cairn_${name}_bench ${benches})
    target_link_libraries(cairn_${name}_bench PRIVATE
      cairn_flags cairn_${name} cairn_test_support benchmark::benchmark_main)
    target_compile_definitions(cairn_${name}_bench PRIVATE
      CAIRN_SOURCE_DIR="${PROJECT_SOURCE_DIR}" CAIRN_BIN_DIR="${CMAKE_RUNTIME_OUTPUT_DIRECTORY}"
      CAIRN_TEST_POSTGRESQL="${PROJECT_BINARY_DIR}/test_postgresql")
    add_dependencies(cairn_${name}_bench cairn_children)
  endif()
  foreach(file IN LISTS fuzzers)
    get_filename_component(fuzzer ${file} NAME_WE)
    # Without libFuzzer the target replays its seed corpus, so fuzzers never rot.
    add_executable(${fuzzer} ${file} $<$<NOT:$<BOOL:${CAIRN_FUZZ}>>:${PROJECT_SOURCE_DIR}/tests/fuzz_replay_main.cpp>)
    target_link_libraries(${fuzzer} PRIVATE cairn_flags cairn_${name})
    add_dependencies(cairn_tests ${fuzzer})
    if(CAIRN_FUZZ)
      target_link_options(${fuzzer} PRIVATE -fsanitize=fuzzer)
      # libFuzzer writes finds to the first directory: keep that out of the source tree.
      set(scratch ${CMAKE_CURRENT_BINARY_DIR}/${fuzzer}_corpus)
      file(MAKE_DIRECTORY ${scratch})
      add_test(NAME fuzz.${fuzzer} COMMAND ${fuzzer} -runs=2000 ${scratch} ${PROJECT_SOURCE_DIR}/tests/corpus/${fuzzer})
    else()
      add_test(NAME fuzz.${fuzzer} COMMAND ${fuzzer} ${PROJECT_SOURCE_DIR}/tests/corpus/${fuzzer})
    endif()
    set_tests_properties(fuzz.${fuzzer} PROPERTIES LABELS fuzz)
  endforeach()
endfunction()

# A PostgreSQL server for the tests that ask for it: no port, a fresh folder, gone afterwards.
function(cairn_test_postgresql)
  find_package(Python3 REQUIRED COMPONENTS Interpreter)
  foreach(step start stop)
    add_test(NAME postgresql.${step} COMMAND Python3::Interpreter
      ${PROJECT_SOURCE_DIR}/tools/test_postgresql.py ${step} ${PROJECT_BINARY_DIR}/test_postgresql)
  endforeach()
  set_tests_properties(postgresql.start PROPERTIES FIXTURES_SETUP postgresql)
  set_tests_properties(postgresql.stop PROPERTIES FIXTURES_CLEANUP postgresql)
endfunction()

# cairn_program(<name> [CHILD] <module>...): apps/<name>/main.cpp linked with those modules.
# CHILD: one that Cairn starts itself.
add_custom_target(cairn_programs)
function(cairn_program name)
  cmake_parse_arguments(PARSE_ARGV 1 P "CHILD" "" "")
  if(NOT EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${name}/main.cpp)
    return()
  endif()
  list(TRANSFORM P_UNPARSED_ARGUMENTS PREPEND cairn_ OUTPUT_VARIABLE modules)
  add_executable(${name}_program ${name}/main.cpp)
  set_target_properties(${name}_program PROPERTIES OUTPUT_NAME ${name})
  target_link_libraries(${name}_program PRIVATE cairn_flags ${modules})
  add_dependencies(cairn_programs ${name}_program)
  if(P_CHILD)
    add_dependencies(cairn_children ${name}_program)
  endif()
  install(TARGETS ${name}_program RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endfunction()

function(cairn_check_layers)
  get_property(modules GLOBAL PROPERTY CAIRN_MODULES)
  list(JOIN modules "\n" text)
  file(WRITE ${PROJECT_BINARY_DIR}/modules.txt "${text}\n")
  find_package(Python3 REQUIRED COMPONENTS Interpreter)
  add_test(NAME lint.layers COMMAND Python3::Interpreter
    ${PROJECT_SOURCE_DIR}/tools/check_layers.py ${PROJECT_BINARY_DIR}/modules.txt ${PROJECT_SOURCE_DIR}/src)
  set_tests_properties(lint.layers PROPERTIES LABELS lint)
endfunction()
