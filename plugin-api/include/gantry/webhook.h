/* Webhook capability: another system posts, Gantry answers after it stored the bytes.
 *
 * The host calls verify on every request before it stores or parses anything, answers the sender
 * once the delivery is durable, and calls parse later, as a retried activity. A delivery id makes
 * redelivery idempotent: the same id is stored once.
 */
#ifndef GANTRY_WEBHOOK_H_
#define GANTRY_WEBHOOK_H_

#include "gantry/abi.h"
#include "gantry/plugin.h"

#ifdef __cplusplus
extern "C" {
#endif

#define GANTRY_CAP_WEBHOOK "gantry.webhook/1"

/* The request as it came: every header in order, duplicates kept, names as sent (compare without
 * case), the body's exact bytes. */
typedef struct gantry_request {
  uint32_t struct_size;
  uint32_t header_count;
  uint32_t header_stride; /* sizeof one element of headers; step by it. */
  uint32_t reserved;      /* 0 */
  const gantry_pair* headers;
  gantry_span method; /* "POST" */
  gantry_span target; /* Path and query as sent: "/webhooks/front-ops?x=1". */
  gantry_span url;    /* Public URL as the sender called it, if configured; else empty. */
  gantry_span body;
  gantry_span remote;     /* Sender's address, text form. */
  int64_t received_at_ns; /* UNIX time, UTC: take this for the replay window. */
} gantry_request;

#define GANTRY_VERDICT_REJECT 0 /* 401, one body for all causes. Nothing is kept. */
#define GANTRY_VERDICT_ACCEPT 1 /* Store, then answer; the reply below or 202. */
#define GANTRY_VERDICT_REPLY 2  /* Answer with the reply below; store nothing (a challenge). */

/* A REJECT with the reason "key_unknown" asks for a poll: the request names a key that is not known
 * here, and the source's poller fetches it. The host polls the source soon, at most every 10 s; the
 * sender's next try then finds the key. Note the key's name before the reject; keep few such notes,
 * because a stranger can send any. Nothing happens where the source has no poller. */

/* Filled through set; the host copies at once. The last call counts. */
typedef struct gantry_verdict gantry_verdict;
struct gantry_verdict {
  uint32_t struct_size;
  uint32_t reserved; /* 0 */
  void* impl;
  /* decision: GANTRY_VERDICT_*. delivery_id: 1 to 256 bytes, stable over redeliveries; empty for
   * the SHA-256 of the body. reason: for the metric and the debug log, one word such as "stale";
   * never the expected signature. */
  void (*decide)(gantry_verdict* self, int32_t decision, gantry_span delivery_id,
                 gantry_span reason);
  /* What the sender is told, where the vendor demands more than a 202. */
  void (*reply)(gantry_verdict* self, uint32_t http_status, gantry_span content_type,
                gantry_span body);
};

typedef struct gantry_webhook {
  uint32_t struct_size;
  uint32_t reserved; /* 0 */
  /* Decides over the raw bytes. Pure: no I/O, no state, a few milliseconds. Without a decision, or
   * with a status other than OK, the request is rejected. [concurrent] */
  gantry_status (*verify)(gantry_instance* self, const gantry_call* call,
                          const gantry_request* request, gantry_verdict* verdict);
  /* Turns a stored delivery into records. DATA makes the whole delivery a dead letter; reject on
   * the sink gives up on one part. May be called again for the same delivery. [blocking] */
  gantry_status (*parse)(gantry_instance* self, const gantry_call* call,
                         const gantry_request* request, gantry_sink* sink);
  /* Signs a sample so that `gantry send` can post it: adds each header through add_header.
   * May be NULL. [blocking] */
  gantry_status (*sign)(gantry_instance* self, const gantry_call* call,
                        const gantry_request* request,
                        void (*add_header)(void* impl, gantry_span name, gantry_span value),
                        void* impl);
} gantry_webhook;

#ifdef __cplusplus
}
#endif
#endif /* GANTRY_WEBHOOK_H_ */
