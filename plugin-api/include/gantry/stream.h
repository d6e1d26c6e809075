/* Stream capability: a feed that never ends, read in batches and acknowledged after storing. */
#ifndef GANTRY_STREAM_H_
#define GANTRY_STREAM_H_

#include "gantry/abi.h"
#include "gantry/plugin.h"

#ifdef __cplusplus
extern "C" {
#endif

#define GANTRY_CAP_STREAM "gantry.stream/1"

/* An open feed. The plugin's own type. */
typedef struct gantry_feed gantry_feed;

typedef struct gantry_stream {
  uint32_t struct_size;
  uint32_t reserved; /* 0 */
  /* Opens the feed after cursor (empty: from now). *out is written only on OK. [blocking] */
  gantry_status (*open)(gantry_instance* self, const gantry_call* call, gantry_span cursor,
                        gantry_feed** out);
  /* Emits at most records_max records and bytes_max bytes, waiting at most wait_ns for the first,
   * then one checkpoint that covers them. Emitting nothing is fine. NOT_CONNECTED: open again;
   * END: nothing more will come. One call at a time per feed. [blocking] */
  gantry_status (*next)(gantry_feed* feed, const gantry_call* call, uint32_t records_max,
                        uint64_t bytes_max, int64_t wait_ns, gantry_sink* sink);
  /* The records up to cursor are stored. May be NULL where the vendor needs no word. [blocking] */
  gantry_status (*ack)(gantry_feed* feed, const gantry_call* call, gantry_span cursor);
  /* They were not; the vendor should send them again. May be NULL. [blocking] */
  gantry_status (*nack)(gantry_feed* feed, const gantry_call* call, gantry_span cursor,
                        const gantry_error* reason);
  /* Ends the feed and frees it. No call on it is in flight. [blocking] */
  void (*close)(gantry_feed* feed);
} gantry_stream;

#ifdef __cplusplus
}
#endif
#endif /* GANTRY_STREAM_H_ */
