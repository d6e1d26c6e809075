# Compiler, warnings, sanitizers, cache and linker: one place for every target.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_CXX_SCAN_FOR_MODULES OFF)

set(GANTRY_SANITIZE "" CACHE STRING "Sanitizers for our code: address;undefined or thread.")
option(GANTRY_FUZZ "Build libFuzzer targets." OFF)

find_program(GANTRY_CCACHE ccache)
if(GANTRY_CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER ${GANTRY_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${GANTRY_CCACHE})
  # A second clone shares the cache: relative paths in, absolute paths out.
  set(ENV{CCACHE_BASEDIR} ${CMAKE_SOURCE_DIR})
endif()

find_program(GANTRY_MOLD mold)
if(GANTRY_MOLD AND CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  add_link_options(-fuse-ld=mold)
endif()

add_library(gantry_warnings INTERFACE)
target_compile_options(gantry_warnings INTERFACE
  -Wall -Wextra -Wconversion -Wswitch -Werror)

if(GANTRY_SANITIZE)
  list(JOIN GANTRY_SANITIZE "," sanitizers)
  add_compile_options(-fsanitize=${sanitizers} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${sanitizers})
endif()
if(GANTRY_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

add_compile_options(-ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)
