/* Where a host finds a plugin's manifest without running any of its code.
 *
 * The manifest JSON that gantry_plugin.manifest points to lies in the file a second time as an
 * allocated ELF note, so it survives strip and can be read before dlopen (constructors of a shared
 * object run before any handshake). Both are the same bytes.
 *
 *   section  .note.gantry.manifest, type SHT_NOTE, inside a PT_NOTE segment, 4-byte aligned
 *   note     u32 name size 7, u32 JSON size, u32 type GANTRY_NOTE_MANIFEST, "GANTRY\0" padded to 8,
 *            the JSON padded with zeros to a multiple of 4
 *
 * gantry_plugin_module() of the CMake package writes it.
 */
#ifndef GANTRY_MANIFEST_H_
#define GANTRY_MANIFEST_H_

#define GANTRY_NOTE_OWNER "GANTRY"
#define GANTRY_NOTE_SECTION ".note.gantry.manifest"
#define GANTRY_NOTE_MANIFEST 1u

#endif /* GANTRY_MANIFEST_H_ */
