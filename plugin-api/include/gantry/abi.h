/* The vocabulary of the plugin contract: spans, status codes, records, the call and its sink.
 *
 * Promises: C11 and C++11 alike, fixed-width integers only, no bool, enum, bit-field or union;
 * every struct that may grow begins with struct_size and grows only at its end; a zero in a field
 * that a caller did not know means the old behaviour. Nothing here allocates.
 *
 * Memory: borrow in, copy out. A pointer that either side passes is valid until that call returns,
 * unless a function says otherwise. Neither side frees the other's memory.
 *
 * Threads, by the tag that ends each comment:
 *   [main]        the host's start-up and shutdown thread, one call at a time
 *   [blocking]    any thread of a bounded pool; may block until the call's deadline; several calls
 *                 on one instance at the same time
 *   [concurrent]  any thread, at any time, must not block on I/O
 */
#ifndef GANTRY_ABI_H_
#define GANTRY_ABI_H_

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define GANTRY_ABI_MAJOR 1u
#define GANTRY_ABI_MINOR 0u

/* Bytes, not NUL-terminated. data may be NULL only where size is 0. Like every struct here without
 * a struct_size, it never grows. */
typedef struct gantry_span {
  const char* data;
  uint64_t size;
} gantry_span;

/* What a call says of itself. Values are never reused; a reader takes an unknown one for BUG.
 *
 *   status         | retried | meaning
 *   OK             | -       | done
 *   CONFIG         | no      | the configuration is wrong; set_error names the field by JSON
 * pointer AUTH           | no      | credentials refused; the host pauses the source and tells the
 * operator RATE_LIMITED   | later   | the vendor said wait; set_error carries the time TRANSIENT |
 * yes     | network, 5xx, time-out: a later try may succeed DATA           | no      | this input
 * is wrong; it becomes a dead letter, the rest goes on BUG            | no      | the plugin met a
 * state it holds for impossible CANCELLED      | yes     | the host asked the call to stop, and it
 * did UNSUPPORTED    | no      | this plugin does not do that END            | -       | stream
 * only: nothing more will ever come NOT_CONNECTED  | yes     | stream only: open it again
 */
typedef int32_t gantry_status;
#define GANTRY_OK 0
#define GANTRY_CONFIG 1
#define GANTRY_AUTH 2
#define GANTRY_RATE_LIMITED 3
#define GANTRY_TRANSIENT 4
#define GANTRY_DATA 5
#define GANTRY_BUG 6
#define GANTRY_CANCELLED 7
#define GANTRY_UNSUPPORTED 8
#define GANTRY_END 9
#define GANTRY_NOT_CONNECTED 10

/* What set_error adds to a status. Texts are UTF-8 and are copied. */
typedef struct gantry_error {
  uint32_t struct_size;
  uint32_t reserved;      /* 0 */
  int64_t retry_after_ns; /* 0: no opinion. Nanoseconds from now. */
  gantry_span message;    /* For the operator: what failed and what to do. No secret, no payload. */
  gantry_span detail;     /* The vendor's own words. Untrusted: logged escaped, at debug level. */
  gantry_span code;       /* The vendor's error code, e.g. "ITEM_LOGIN_REQUIRED". May be empty. */
  gantry_span pointer;    /* JSON pointer (RFC 6901) to the configuration field. May be empty. */
} gantry_error;

/* One name and value: an HTTP header, a log field, an attribute. */
typedef struct gantry_pair {
  gantry_span name;
  gantry_span value;
} gantry_pair;

/* One record on its way into the stores. The host builds the document id
 * "<source>:<kind>:<key>" from it and copies everything before emit returns. */
typedef struct gantry_record {
  uint32_t struct_size;
  uint32_t flags;           /* GANTRY_RECORD_* */
  gantry_span kind;         /* Required, [a-z0-9_]{1,64}: "message", "load_tender". */
  gantry_span key;          /* Required, 1 to 512 bytes: the vendor's id, leading zeros kept. */
  gantry_span title;        /* UTF-8, may be empty. */
  gantry_span text;         /* The words to search, as content_type says. May be empty. */
  gantry_span content_type; /* Of text. Empty: "text/plain". */
  gantry_span raw;          /* The vendor's bytes for this record, unchanged. */
  gantry_span metadata;     /* A JSON object, or empty. Unknown vendor fields belong here. */
  gantry_span participants; /* A JSON array of {role,name,handle,external_id}, or empty. */
  int64_t occurred_at_ns;   /* UNIX time, UTC. GANTRY_TIME_UNKNOWN: the host takes the arrival. */
  int64_t version;          /* Orders updates of one key; larger is newer. 0: the arrival time. */
} gantry_record;

#define GANTRY_RECORD_TOMBSTONE 1u /* The vendor deleted it: kept, marked, no longer found. */
#define GANTRY_RECORD_PURGE 2u     /* A privacy deletion: content and raw are erased. */
#define GANTRY_TIME_UNKNOWN INT64_MIN

/* What a sink answers. On STOP the plugin returns OK soon, with no further emit. */
#define GANTRY_SINK_CONTINUE 0
#define GANTRY_SINK_STOP 1
#define GANTRY_SINK_REFUSED 2 /* This record broke a rule above; it became a dead letter. */

/* Where a call's output goes. Lives for the call. Used only on the thread of the call. */
typedef struct gantry_sink gantry_sink;
struct gantry_sink {
  uint32_t struct_size;
  uint32_t reserved; /* 0 */
  void* impl;
  /* Hands over one record. */
  int32_t (*emit)(gantry_sink* self, const gantry_record* record);
  /* Gives up on one piece of input: raw bytes and reason become a dead letter. */
  int32_t (*reject)(gantry_sink* self, gantry_span raw, const gantry_error* reason);
  /* Everything emitted so far is covered by this cursor: opaque, at most 64 KiB. The host
   * persists the records first, the cursor after. */
  int32_t (*checkpoint)(gantry_sink* self, gantry_span cursor);
};

/* One call in flight: deadline, cancellation, progress, error text. Lives for the call. */
typedef struct gantry_call gantry_call;
struct gantry_call {
  uint32_t struct_size;
  uint32_t reserved; /* 0 */
  void* impl;
  /* 1 once the host wants the call to end; return CANCELLED within 5 s. [concurrent] */
  int32_t (*cancelled)(const gantry_call* self);
  /* Nanoseconds left; INT64_MAX without a deadline. [concurrent] */
  int64_t (*remaining_ns)(const gantry_call* self);
  /* Says that work got done. Call it on progress only: it keeps the call from being taken for
   * dead, and the host throttles it. [concurrent] */
  void (*progress)(const gantry_call* self);
  /* The reason for the status that this call is about to return. The last one counts.
   * [concurrent] */
  void (*set_error)(const gantry_call* self, const gantry_error* error);
};

#ifdef __cplusplus
}
#endif
#endif /* GANTRY_ABI_H_ */
