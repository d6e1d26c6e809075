/* What the host does for a plugin, so that most connectors link nothing but libc.
 *
 * get_service answers a struct by id or NULL. A service that the manifest lists is always there
 * once init is called; others are NULL-checked. All services are thread-safe and outlive deinit.
 */
#ifndef GANTRY_HOST_H_
#define GANTRY_HOST_H_

#include "gantry/abi.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct gantry_host gantry_host;
struct gantry_host {
  uint32_t struct_size;
  uint32_t abi_minor; /* The host's minor. */
  void* impl;
  /* [concurrent] */
  const void* (*get_service)(const gantry_host* self, gantry_span id);
};

/* Buffers that a service fills: the plugin offers memory, size receives the bytes needed. Where
 * size is larger than capacity nothing was written and the call may be repeated. */
typedef struct gantry_buffer {
  char* data;
  uint64_t capacity;
  uint64_t size;
} gantry_buffer;

/* --- Log ----------------------------------------------------------------------------------- */

#define GANTRY_SERVICE_LOG "gantry.log/1"

#define GANTRY_LOG_DEBUG 0
#define GANTRY_LOG_INFO 1
#define GANTRY_LOG_WARN 2
#define GANTRY_LOG_ERROR 3

typedef struct gantry_log {
  uint32_t struct_size;
  uint32_t reserved; /* 0 */
  /* 1 where a line of this level would be written. [concurrent] */
  int32_t (*enabled)(const gantry_host* host, int32_t level);
  /* event: a short name such as "page_fetched"; fields carry the rest. The host adds the source
   * and masks secrets. No payload. [concurrent] */
  void (*write)(const gantry_host* host, int32_t level, gantry_span source, gantry_span event,
                const gantry_pair* fields, uint64_t field_count);
} gantry_log;

/* --- Clock --------------------------------------------------------------------------------- */

#define GANTRY_SERVICE_CLOCK "gantry.clock/1"

typedef struct gantry_clock {
  uint32_t struct_size;
  uint32_t reserved;                             /* 0 */
  int64_t (*now_ns)(const gantry_host* host);    /* UNIX time, UTC. [concurrent] */
  int64_t (*steady_ns)(const gantry_host* host); /* Never steps. [concurrent] */
  /* Waits, or returns CANCELLED as soon as the call is. [blocking] */
  gantry_status (*wait)(const gantry_host* host, const gantry_call* call, int64_t duration_ns);
} gantry_clock;

/* --- Crypto -------------------------------------------------------------------------------- */

#define GANTRY_SERVICE_CRYPTO "gantry.crypto/1"

#define GANTRY_HASH_SHA1 1
#define GANTRY_HASH_SHA256 2

typedef struct gantry_crypto {
  uint32_t struct_size;
  uint32_t reserved; /* 0 */
  /* Raw digest, 20 or 32 bytes, of the parts one after the other. [concurrent] */
  gantry_status (*digest)(const gantry_host* host, int32_t hash, const gantry_span* parts,
                          uint64_t part_count, gantry_buffer* out);
  /* HMAC (RFC 2104) likewise. An empty key is CONFIG. [concurrent] */
  gantry_status (*hmac)(const gantry_host* host, int32_t hash, gantry_span key,
                        const gantry_span* parts, uint64_t part_count, gantry_buffer* out);
  /* 1 where equal, in a time that depends only on the lengths. [concurrent] */
  int32_t (*equal)(const gantry_host* host, gantry_span left, gantry_span right);
  /* ECDSA P-256 over SHA-256 (JWS ES256): x and y 32 bytes each, signature 64 bytes r||s.
   * OK, or DATA where it does not verify. [concurrent] */
  gantry_status (*verify_es256)(const gantry_host* host, gantry_span x, gantry_span y,
                                gantry_span message, gantry_span signature);
} gantry_crypto;

/* --- Secrets ------------------------------------------------------------------------------- */

#define GANTRY_SERVICE_SECRETS "gantry.secrets/1"

typedef struct gantry_secrets {
  uint32_t struct_size;
  uint32_t reserved; /* 0 */
  /* How many values are active under a configured name (JSON pointer of the field, e.g.
   * "/signing_key"); several during a rotation. 0 where none is set. [concurrent] */
  uint64_t (*count)(const gantry_host* host, gantry_span source, gantry_span name);
  /* The index-th value, newest first. Do not log it, do not keep it. [concurrent] */
  gantry_status (*get)(const gantry_host* host, gantry_span source, gantry_span name,
                       uint64_t index, gantry_buffer* out);
  /* Stores a value that the vendor rotated: on disk when it returns OK, so put it before it is
   * used. It counts before the configured one, and the one before it stays active beside it, until
   * the operator configures another. Only fields that the schema marks x-gantry-secret (else
   * CONFIG), at most 64 KiB. [blocking] */
  gantry_status (*put)(const gantry_host* host, gantry_span source, gantry_span name,
                       gantry_span value);
} gantry_secrets;

/* --- Key-value ----------------------------------------------------------------------------- */

#define GANTRY_SERVICE_KV "gantry.kv/1"

/* Small durable state per source: token caches, control numbers. Keys up to 256 bytes, values up
 * to 64 KiB. revision counts writes of one key; 0 means absent. */
typedef struct gantry_kv {
  uint32_t struct_size;
  uint32_t reserved; /* 0 */
  /* An absent key is OK with size 0 and revision 0. [blocking] */
  gantry_status (*get)(const gantry_host* host, gantry_span source, gantry_span key,
                       gantry_buffer* out, uint64_t* revision);
  /* Writes if the key still has that revision; else DATA with code "CONFLICT" semantics: read
   * again. *revision receives the new one. An empty value removes the key. [blocking] */
  gantry_status (*put)(const gantry_host* host, gantry_span source, gantry_span key,
                       gantry_span value, uint64_t* revision);
} gantry_kv;

/* --- HTTP ---------------------------------------------------------------------------------- */

#define GANTRY_SERVICE_HTTP "gantry.http/1"

typedef struct gantry_http_request {
  uint32_t struct_size;
  uint32_t header_count;
  gantry_span method;
  gantry_span url; /* https; http only to an allowed loopback address. */
  const gantry_pair* headers;
  gantry_span body;
  int64_t timeout_ns;    /* 0: 30 s. Never longer than the call has left. */
  uint64_t response_max; /* Bytes; 0: 16 MiB. A longer answer is DATA. */
} gantry_http_request;

/* Receives the answer; every span is valid until the function returns. */
typedef struct gantry_http_response {
  uint32_t struct_size;
  uint32_t status;
  uint32_t header_count;
  uint32_t reserved; /* 0 */
  const gantry_pair* headers;
  gantry_span body;
  int64_t retry_after_ns; /* From Retry-After, decimal seconds or HTTP date; 0 where absent. */
} gantry_http_response;

typedef struct gantry_http {
  uint32_t struct_size;
  uint32_t reserved; /* 0 */
  /* One exchange over verified TLS, to a host on the source's egress list only (else CONFIG).
   * Any HTTP status is OK here: done sees it. No answer is TRANSIENT, a cancelled call CANCELLED.
   * RATE_LIMITED where the source's configured limits, or a Retry-After that any of its calls met,
   * leave no room in time: nothing was sent, and set_error has the wait; return it as it is.
   * done is called at most once, on the calling thread, before send returns. [blocking] */
  gantry_status (*send)(const gantry_host* host, const gantry_call* call, gantry_span source,
                        const gantry_http_request* request,
                        void (*done)(void* impl, const gantry_http_response* response), void* impl);
} gantry_http;

#ifdef __cplusplus
}
#endif
#endif /* GANTRY_HOST_H_ */
