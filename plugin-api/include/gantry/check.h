/* Check capability: says what is wrong with credentials or reachability, and changes nothing. */
#ifndef GANTRY_CHECK_H_
#define GANTRY_CHECK_H_

#include "gantry/abi.h"
#include "gantry/plugin.h"

#ifdef __cplusplus
extern "C" {
#endif

#define GANTRY_CAP_CHECK "gantry.check/1"

/* One finding. state: GANTRY_CHECK_*. */
#define GANTRY_CHECK_PASS 0
#define GANTRY_CHECK_WARN 1
#define GANTRY_CHECK_FAIL 2

typedef struct gantry_report gantry_report;
struct gantry_report {
  uint32_t struct_size;
  uint32_t reserved; /* 0 */
  void* impl;
  /* what: one short line, e.g. "signing key". remedy: what to do; empty on PASS. */
  void (*add)(gantry_report* self, int32_t state, gantry_span what, gantry_span remedy);
};

typedef struct gantry_check {
  uint32_t struct_size;
  uint32_t reserved; /* 0 */
  /* OK means that the check ran, whatever it found. Free of side effects. [blocking] */
  gantry_status (*check)(gantry_instance* self, const gantry_call* call, gantry_report* report);
} gantry_check;

#ifdef __cplusplus
}
#endif
#endif /* GANTRY_CHECK_H_ */
