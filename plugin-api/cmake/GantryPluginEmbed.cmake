# Script: joins manifest and schema, checks them and writes gantry_manifest.h and its source.
# cmake -DNAME=x -DMANIFEST=a.json -DSCHEMA=b.json -DHEADER=out.h -DSOURCE=out.c -P this

function(fail text)
  message(FATAL_ERROR "${text}")
endfunction()

file(READ "${MANIFEST}" manifest)
file(READ "${SCHEMA}" schema)
foreach(file MANIFEST SCHEMA)
  string(TOLOWER ${file} content)
  string(JSON kind ERROR_VARIABLE error TYPE "${${content}}")
  if(error OR NOT kind STREQUAL "OBJECT")
    fail("${${file}}: not a JSON object: ${error}")
  endif()
endforeach()
foreach(key id version description capabilities services)
  string(JSON value ERROR_VARIABLE error GET "${manifest}" ${key})
  if(error)
    fail("${MANIFEST}: \"${key}\" is missing; a manifest has id, version, description, "
         "capabilities and services")
  endif()
  set(manifest_${key} "${value}")
endforeach()
if(NOT manifest_id STREQUAL NAME)
  fail("${MANIFEST}: id \"${manifest_id}\" is not the module's name \"${NAME}\"")
endif()
if(NOT manifest_id MATCHES "^[a-z0-9_.-]+$")
  fail("${MANIFEST}: id \"${manifest_id}\" has characters other than a-z 0-9 _ . -")
endif()
# Joined as text: string(JSON SET) would sort the settings by name, and their order means something.
string(FIND "${manifest}" "}" end REVERSE)
string(SUBSTRING "${manifest}" 0 ${end} manifest)
string(APPEND manifest ",\"config_schema\":${schema}}")

# Hex instead of text: no character of the JSON can mean anything to CMake or the compiler.
string(HEX "${manifest}" hex)
string(LENGTH "${hex}" size)
math(EXPR size "${size} / 2")
math(EXPR padded "(${size} + 3) / 4 * 4")
string(REGEX REPLACE "(................................)" "\\1\n" lines "${hex}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${lines}")

file(WRITE "${HEADER}" "/* Generated from the manifest of ${NAME}; see gantry/manifest.h. */
#ifndef GANTRY_MANIFEST_OF_PLUGIN_H_
#define GANTRY_MANIFEST_OF_PLUGIN_H_

#include <stdint.h>

#define GANTRY_MANIFEST_ID \"${manifest_id}\"
#define GANTRY_MANIFEST_VERSION \"${manifest_version}\"
#define GANTRY_MANIFEST_SIZE UINT64_C(${size})
#define GANTRY_MANIFEST_JSON (gantry_manifest_note_v1.json)

#ifdef __cplusplus
extern \"C\" {
#endif
struct gantry_manifest_note {
  uint32_t name_size;
  uint32_t json_size;
  uint32_t type;
  char name[8];
  char json[${padded}];
};
__attribute__((visibility(\"hidden\"))) extern const struct gantry_manifest_note
    gantry_manifest_note_v1;
#ifdef __cplusplus
}
#endif
#endif
")
file(WRITE "${SOURCE}" "/* Generated: the manifest as an allocated ELF note. */
#include \"gantry_manifest.h\"
#include <gantry/manifest.h>

__attribute__((section(GANTRY_NOTE_SECTION), used, aligned(4)))
const struct gantry_manifest_note gantry_manifest_note_v1 = {
  sizeof GANTRY_NOTE_OWNER, ${size}u, GANTRY_NOTE_MANIFEST, GANTRY_NOTE_OWNER, {
${bytes}
}};
")
