/* A complete webhook connector in C: a shared token, each body one record. */
#include <gantry/gantry.h>
#include <stdlib.h>
#include <string.h>

#include "gantry_manifest.h"

#define SPAN(literal) {(literal), sizeof(literal) - 1}

struct gantry_instance {
  const gantry_host* host;
  const gantry_crypto* crypto;
  const gantry_secrets* secrets;
  uint64_t source_size;
  char source[256];
};

static gantry_span span(const char* data, uint64_t size) {
  gantry_span out;
  out.data = data;
  out.size = size;
  return out;
}

static gantry_span source_of(const gantry_instance* self) {
  return span(self->source, self->source_size);
}

static void explain(const gantry_call* call, const char* message) {
  gantry_error error;
  memset(&error, 0, sizeof error);
  error.struct_size = sizeof error;
  error.message = span(message, strlen(message));
  call->set_error(call, &error);
}

static int is_header(gantry_span name, const char* wanted) {
  uint64_t i;
  if (name.size != strlen(wanted)) return 0;
  for (i = 0; i < name.size; ++i) {
    const char c = name.data[i];
    if ((c >= 'A' && c <= 'Z' ? (char)(c + 32) : c) != wanted[i]) return 0;
  }
  return 1;
}

/* The only value of a header; empty where there is none or more than one. */
static gantry_span only_header(const gantry_request* request, const char* wanted) {
  const char* at = (const char*)request->headers;
  gantry_span found = span("", 0);
  uint32_t i;
  uint32_t count = 0;
  for (i = 0; i < request->header_count; ++i, at += request->header_stride) {
    const gantry_pair* pair = (const gantry_pair*)(const void*)at;
    if (!is_header(pair->name, wanted)) continue;
    found = pair->value;
    ++count;
  }
  return count == 1 ? found : span("", 0);
}

static gantry_status verify(gantry_instance* self, const gantry_call* call,
                            const gantry_request* request, gantry_verdict* verdict) {
  const gantry_span name = SPAN("/token");
  const gantry_span sent = only_header(request, "x-acme-token");
  const uint64_t count = self->secrets->count(self->host, source_of(self), name);
  int32_t accepted = 0;
  uint64_t i;
  (void)call;
  for (i = 0; i < count && sent.size != 0; ++i) {
    char value[512];
    gantry_buffer buffer = {value, sizeof value, 0};
    if (self->secrets->get(self->host, source_of(self), name, i, &buffer) != GANTRY_OK) continue;
    if (buffer.size == 0 || buffer.size > sizeof value) continue;
    accepted |= self->crypto->equal(self->host, span(value, buffer.size), sent);
  }
  if (accepted) {
    verdict->decide(verdict, GANTRY_VERDICT_ACCEPT, span("", 0), span("", 0));
  } else {
    const gantry_span reason = SPAN("token_mismatch");
    verdict->decide(verdict, GANTRY_VERDICT_REJECT, span("", 0), reason);
  }
  return GANTRY_OK;
}

static gantry_status parse(gantry_instance* self, const gantry_call* call,
                           const gantry_request* request, gantry_sink* sink) {
  static const char digits[] = "0123456789abcdef";
  const gantry_span kind = SPAN("order");
  char hash[32];
  char key[64];
  gantry_buffer buffer = {hash, sizeof hash, 0};
  gantry_record record;
  unsigned i;
  if (request->body.size == 0) {
    explain(call, "the body is empty");
    return GANTRY_DATA;
  }
  if (self->crypto->digest(self->host, GANTRY_HASH_SHA256, &request->body, 1, &buffer) !=
      GANTRY_OK) {
    explain(call, "the host cannot hash");
    return GANTRY_BUG;
  }
  for (i = 0; i < sizeof hash; ++i) {
    key[2 * i] = digits[(unsigned char)hash[i] >> 4];
    key[2 * i + 1] = digits[(unsigned char)hash[i] & 15];
  }
  memset(&record, 0, sizeof record);
  record.struct_size = sizeof record;
  record.kind = kind;
  record.key = span(key, sizeof key);
  record.text = request->body;
  record.raw = request->body;
  record.occurred_at_ns = GANTRY_TIME_UNKNOWN;
  sink->emit(sink, &record);
  return GANTRY_OK;
}

static gantry_status init(const gantry_host* host) {
  (void)host;
  return GANTRY_OK;
}
static void deinit(void) {}

static gantry_status create(const gantry_call* call, const gantry_host* host, gantry_span source,
                            gantry_span config, gantry_instance** out) {
  const gantry_span crypto = SPAN(GANTRY_SERVICE_CRYPTO);
  const gantry_span secrets = SPAN(GANTRY_SERVICE_SECRETS);
  gantry_instance* self;
  (void)config; /* The host has checked it, and its one field is a secret. */
  if (source.size > sizeof self->source) {
    explain(call, "the source's name is longer than 256 bytes");
    return GANTRY_CONFIG;
  }
  self = (gantry_instance*)calloc(1, sizeof *self);
  if (self == NULL) return GANTRY_TRANSIENT;
  self->host = host;
  self->crypto = (const gantry_crypto*)host->get_service(host, crypto);
  self->secrets = (const gantry_secrets*)host->get_service(host, secrets);
  self->source_size = source.size;
  memcpy(self->source, source.data, source.size);
  *out = self;
  return GANTRY_OK;
}

static void destroy(gantry_instance* self) { free(self); }

static const gantry_webhook webhook = {sizeof(gantry_webhook), 0, verify, parse, NULL};

static const void* get_capability(gantry_instance* self, gantry_span id) {
  (void)self;
  if (id.size != sizeof GANTRY_CAP_WEBHOOK - 1) return NULL;
  return memcmp(id.data, GANTRY_CAP_WEBHOOK, id.size) == 0 ? &webhook : NULL;
}

GANTRY_EXPORT const gantry_plugin* gantry_plugin_entry_v1(void) {
  static const gantry_plugin plugin = {GANTRY_PLUGIN_MAGIC,
                                       sizeof(gantry_plugin),
                                       GANTRY_ABI_TAG,
                                       GANTRY_ABI_MAJOR,
                                       GANTRY_ABI_MINOR,
                                       0,
                                       SPAN(GANTRY_MANIFEST_ID),
                                       SPAN(GANTRY_MANIFEST_VERSION),
                                       {GANTRY_MANIFEST_JSON, GANTRY_MANIFEST_SIZE},
                                       init,
                                       deinit,
                                       create,
                                       destroy,
                                       get_capability};
  return &plugin;
}
