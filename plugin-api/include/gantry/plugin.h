/* The entry of a plugin: the one symbol that a connector exports, and what it points to.
 *
 * A connector is a shared object with exactly one exported function,
 *
 *     const gantry_plugin* gantry_plugin_entry_v1(void);
 *
 * pure and idempotent: it returns static data and calls nothing. The major version is in the
 * name, so a host of another major finds no symbol instead of a misread struct.
 *
 * Life: init once, then any number of create, calls, destroy, then deinit. The host pairs them.
 * A plugin is never unloaded; deinit ends its threads.
 */
#ifndef GANTRY_PLUGIN_H_
#define GANTRY_PLUGIN_H_

#include "gantry/abi.h"
#include "gantry/host.h"

#ifdef __cplusplus
extern "C" {
#endif

#define GANTRY_PLUGIN_MAGIC UINT64_C(0x315952544E4147) /* "GANTRY1" in little-endian memory */

/* Pointer width in bytes, byte order (1 little, 2 big), largest alignment. */
#define GANTRY_ABI_TAG_OF(pointer, order, align) \
  ((uint32_t)(pointer) | ((uint32_t)(order) << 8) | ((uint32_t)(align) << 16))
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define GANTRY_ABI_TAG GANTRY_ABI_TAG_OF(sizeof(void*), 2, 8)
#else
#define GANTRY_ABI_TAG GANTRY_ABI_TAG_OF(sizeof(void*), 1, 8)
#endif

/* A configured source inside the plugin. The plugin's own type. */
typedef struct gantry_instance gantry_instance;

typedef struct gantry_plugin {
  uint64_t magic; /* GANTRY_PLUGIN_MAGIC */
  uint32_t struct_size;
  uint32_t abi_tag;        /* GANTRY_ABI_TAG */
  uint16_t abi_major;      /* GANTRY_ABI_MAJOR */
  uint16_t abi_minor;      /* The minor it was built with. */
  uint32_t host_minor_min; /* The lowest host minor it can work with. */
  gantry_span id;          /* [a-z0-9_.-]{1,64}: "frontapp". What conf.d names. */
  gantry_span version;     /* Its own version, e.g. "1.2.0". */
  /* JSON object: {"id","version","description","capabilities":["gantry.webhook/1",…],
   * "services":["gantry.http/1",…],"config_schema":{JSON Schema}}. A property with
   * "x-gantry-secret" true, or "webhook" for the one that <SOURCE>_WEBHOOK_SECRET sets, is secret:
   * config holds env:NAME or file:PATH as the operator wrote it, the secrets service its value. */
  gantry_span manifest;

  /* Once, before anything else. host outlives deinit. [main] */
  gantry_status (*init)(const gantry_host* host);
  /* Once, after the last destroy. Tolerates a second call. [main] */
  void (*deinit)(void);
  /* Makes the instance of one source. config is the JSON object of its conf.d file, valid by the
   * schema. On CONFIG set_error names the field. *out is written only on OK. [main] */
  gantry_status (*create)(const gantry_call* call, const gantry_host* host, gantry_span source,
                          gantry_span config, gantry_instance** out);
  /* Ends it; no call on it is in flight. [main] */
  void (*destroy)(gantry_instance* instance);
  /* The capability's struct, e.g. const gantry_webhook* for GANTRY_CAP_WEBHOOK, or NULL.
   * Static data: the same answer every time. [concurrent] */
  const void* (*get_capability)(gantry_instance* instance, gantry_span id);
} gantry_plugin;

#if defined(_WIN32)
#define GANTRY_EXPORT __declspec(dllexport)
#elif defined(__GNUC__)
#define GANTRY_EXPORT __attribute__((visibility("default")))
#else
#define GANTRY_EXPORT
#endif

GANTRY_EXPORT const gantry_plugin* gantry_plugin_entry_v1(void);

typedef const gantry_plugin* (*gantry_plugin_entry_fn)(void);
#define GANTRY_PLUGIN_ENTRY_SYMBOL "gantry_plugin_entry_v1"

#ifdef __cplusplus
}
#endif
#endif /* GANTRY_PLUGIN_H_ */
