/* Poller capability: Gantry asks a vendor's API for what is new since a cursor.
 *
 * The cursor is the plugin's own text or bytes, at most 64 KiB, kept by the host between calls.
 * The law: poll(C0) emits the same records in one run as in any chain of interrupted runs, each
 * begun from the last checkpoint; a record may come twice, none may be missed.
 */
#ifndef GANTRY_POLLER_H_
#define GANTRY_POLLER_H_

#include "gantry/abi.h"
#include "gantry/plugin.h"

#ifdef __cplusplus
extern "C" {
#endif

#define GANTRY_CAP_POLLER "gantry.poller/1"

typedef struct gantry_poller {
  uint32_t struct_size;
  uint32_t reserved; /* 0 */
  /* Fetches from cursor (empty: from the beginning) until nothing more is there or the sink says
   * STOP. *more is 1 where the caller should poll again at once. A cursor that the vendor or the
   * plugin does not understand is DATA with code "CURSOR". [blocking] */
  gantry_status (*poll)(gantry_instance* self, const gantry_call* call, gantry_span cursor,
                        gantry_sink* sink, int32_t* more);
} gantry_poller;

#ifdef __cplusplus
}
#endif
#endif /* GANTRY_POLLER_H_ */
