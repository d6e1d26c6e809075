# gantry_plugin_module: builds one connector, inside this tree or outside.
#
#   gantry_plugin_module(NAME acme SRCS acme.cpp MANIFEST manifest.json SCHEMA schema.json
#                        [LINK lib...])
#
# Makes the target <NAME> and the file <NAME>.so, which exports exactly gantry_plugin_entry_v1 and
# carries manifest and schema twice: for gantry_plugin.manifest (through the generated
# gantry_manifest.h) and as an ELF note (gantry/manifest.h).

include_guard(GLOBAL)
set(GANTRY_PLUGIN_CMAKE_DIR ${CMAKE_CURRENT_LIST_DIR} CACHE INTERNAL "")

function(gantry_plugin_module)
  cmake_parse_arguments(ARG "" "NAME;MANIFEST;SCHEMA" "SRCS;LINK" ${ARGN})
  foreach(needed NAME SRCS MANIFEST SCHEMA)
    if(NOT ARG_${needed})
      message(FATAL_ERROR "gantry_plugin_module: ${needed} is missing")
    endif()
  endforeach()
  if(ARG_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "gantry_plugin_module(${ARG_NAME}): unknown ${ARG_UNPARSED_ARGUMENTS}")
  endif()
  get_filename_component(manifest ${ARG_MANIFEST} ABSOLUTE)
  get_filename_component(schema ${ARG_SCHEMA} ABSOLUTE)

  # The generated source is C and C++ alike: a project may enable only one of the two.
  if(CMAKE_C_COMPILER_LOADED)
    set(suffix c)
  else()
    set(suffix cpp)
  endif()
  set(generated ${CMAKE_CURRENT_BINARY_DIR}/${ARG_NAME}.manifest)
  set(embed ${GANTRY_PLUGIN_CMAKE_DIR}/GantryPluginEmbed.cmake)
  add_custom_command(
    OUTPUT ${generated}/gantry_manifest.h ${generated}/gantry_manifest.${suffix}
    COMMAND ${CMAKE_COMMAND} -DNAME=${ARG_NAME} -DMANIFEST=${manifest} -DSCHEMA=${schema}
            -DHEADER=${generated}/gantry_manifest.h
            -DSOURCE=${generated}/gantry_manifest.${suffix} -P ${embed}
    DEPENDS ${manifest} ${schema} ${embed}
    COMMENT "Manifest of ${ARG_NAME}"
    VERBATIM)
  # A sanitizer's red zone behind the array would end up inside the note.
  set_source_files_properties(${generated}/gantry_manifest.${suffix} PROPERTIES
    COMPILE_OPTIONS "-fno-sanitize=all")

  add_library(${ARG_NAME} MODULE ${ARG_SRCS} ${generated}/gantry_manifest.${suffix}
    ${generated}/gantry_manifest.h)
  target_include_directories(${ARG_NAME} PRIVATE ${generated})
  target_link_libraries(${ARG_NAME} PRIVATE gantry::plugin ${ARG_LINK})
  set_target_properties(${ARG_NAME} PROPERTIES
    PREFIX "" SUFFIX ".so"
    C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    POSITION_INDEPENDENT_CODE ON
    LINK_DEPENDS ${GANTRY_PLUGIN_CMAKE_DIR}/gantry-plugin.map)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # A GNU-unique symbol pins the library and binds across plugins; clang emits none.
    target_compile_options(${ARG_NAME} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-fno-gnu-unique>)
  endif()
  target_link_options(${ARG_NAME} PRIVATE
    -Wl,--version-script=${GANTRY_PLUGIN_CMAKE_DIR}/gantry-plugin.map
    -Wl,-z,relro -Wl,-z,now)

  # Sanitizer runtimes live in the host's executable: their symbols must stay undefined here.
  get_directory_property(directory_options COMPILE_OPTIONS)
  if(NOT "${directory_options} ${CMAKE_C_FLAGS} ${CMAKE_CXX_FLAGS}" MATCHES "-fsanitize")
    target_link_options(${ARG_NAME} PRIVATE -Wl,-z,defs)
  endif()
endfunction()
