/* Batch capability: a file arrives; the plugin reads it in chunks of any size.
 *
 * The law: chunks of 1 byte, of any size, or the whole file at once give the same records.
 */
#ifndef GANTRY_BATCH_H_
#define GANTRY_BATCH_H_

#include "gantry/abi.h"
#include "gantry/plugin.h"

#ifdef __cplusplus
extern "C" {
#endif

#define GANTRY_CAP_BATCH "gantry.batch/1"

/* A file being read. The plugin's own type. */
typedef struct gantry_file gantry_file;

typedef struct gantry_file_info {
  uint32_t struct_size;
  uint32_t reserved;  /* 0 */
  gantry_span name;   /* File name without a directory. */
  gantry_span sha256; /* Lower-case hex of the content. */
  uint64_t size;      /* Bytes; UINT64_MAX where unknown. */
  int64_t modified_at_ns;
} gantry_file_info;

/* A file the plugin wants written beside its records: an acknowledgement, a report of bad rows.
 * The host writes a temporary file, syncs it and renames it. */
typedef struct gantry_outbox gantry_outbox;
struct gantry_outbox {
  uint32_t struct_size;
  uint32_t reserved; /* 0 */
  void* impl;
  gantry_status (*put)(gantry_outbox* self, gantry_span name, gantry_span content);
};

typedef struct gantry_batch {
  uint32_t struct_size;
  uint32_t reserved; /* 0 */
  /* 0 to 100: how sure the plugin is that it can read this file. head is its first bytes, at most
   * 64 KiB. [concurrent] */
  int32_t (*probe)(gantry_instance* self, const gantry_file_info* info, gantry_span head);
  /* Begins a file, at the cursor of an earlier checkpoint or, with an empty one, at byte 0.
   * *offset is the byte at which the host must continue. [blocking] */
  gantry_status (*open)(gantry_instance* self, const gantry_call* call,
                        const gantry_file_info* info, gantry_span cursor, uint64_t* offset,
                        gantry_file** out);
  /* The next bytes. All of chunk counts as consumed; the plugin keeps what it needs. [blocking] */
  gantry_status (*feed)(gantry_file* file, const gantry_call* call, gantry_span chunk,
                        gantry_sink* sink);
  /* The file is complete. Last records, counts and acknowledgements. [blocking] */
  gantry_status (*finish)(gantry_file* file, const gantry_call* call, gantry_sink* sink,
                          gantry_outbox* outbox);
  /* Frees it, finished or not. [blocking] */
  void (*close)(gantry_file* file);
} gantry_batch;

#ifdef __cplusplus
}
#endif
#endif /* GANTRY_BATCH_H_ */
