#ifndef GANTRY_TEMPORAL_BRIDGE_H
#define GANTRY_TEMPORAL_BRIDGE_H

/*
 * Thin C ABI over Temporal Core (crates temporalio-sdk-core, temporalio-client). No policy.
 *
 * Memory: a gb_span handed in is borrowed for the call; a gb_span handed to a callback is borrowed
 * for the callback. Neither side frees the other's bytes. Handles are freed by the named function.
 *
 * Callbacks: each one given is called exactly once, on a Core thread, also when the runtime ends
 * (GB_CANCELLED) or Rust panics (GB_PANIC). They must return quickly and must not throw. They may
 * call any function below but the *_free ones.
 *
 * Threads: every function may be called from any thread unless it says otherwise. A handle outlives
 * all calls on it: workers and feeders are freed before clients, clients before runtimes.
 *
 * Panics never cross: a synchronous function turns one into GB_PANIC or NULL.
 */

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Status of a call. 0..16 are gRPC codes (https://grpc.io/docs/guides/status-codes/). */
enum {
  GB_OK = 0,
  GB_CANCELLED = 1,
  GB_DEADLINE_EXCEEDED = 4,
  GB_UNIMPLEMENTED = 12,
  GB_SHUTDOWN = 100,  /* A poll: the worker has ended, nothing more comes. */
  GB_MALFORMED = 101, /* The bytes are not the message they should be, or an option is wrong. */
  GB_PANIC = 102      /* A bug in Rust; its text is on stderr. */
};

typedef struct gb_span {
  const uint8_t* data; /* May be NULL when size is 0. */
  size_t size;
} gb_span;

/* An error text for synchronous functions: UTF-8, NUL-terminated, cut to fit. */
typedef struct gb_error {
  char text[512];
} gb_error;

typedef struct gb_runtime gb_runtime;
typedef struct gb_client gb_client;
typedef struct gb_worker gb_worker;
typedef struct gb_feeder gb_feeder;

/* `bytes` is the answer (a protobuf message), or google.rpc.Status where a server sent one with an
 * error; `message` is the error's text. */
typedef void (*gb_done)(void* context, int32_t status, gb_span bytes, gb_span message);

/* ---- runtime ---- */

/* One log line of Core. level: 0 trace, 1 debug, 2 info, 3 warn, 4 error. `fields` is a JSON
 * object. Called on Core's threads and on threads inside a bridge call. */
typedef void (*gb_log)(void* context, uint32_t level, gb_span target, gb_span message,
                       gb_span fields);

typedef struct gb_runtime_options {
  uint32_t threads;             /* Tokio worker threads; at least 1. */
  uint32_t worker_heartbeat_ms; /* How often workers report to the server; 0 for never. */
  gb_span log_filter;           /* tracing EnvFilter, e.g. "warn". Empty: no logs. */
  gb_span metrics_address;      /* "127.0.0.1:8078" serves /metrics; empty: none. */
  gb_log log;                   /* May be NULL. */
  void* log_context;            /* Outlives the runtime. */
} gb_runtime_options;

/* NULL on failure, then `error` says why. Free with gb_runtime_free. */
gb_runtime* gb_runtime_new(const gb_runtime_options* options, gb_error* error);

/* Ends every task (their callbacks see GB_CANCELLED) and joins the threads. Not from a callback.
 * NULL is allowed. */
void gb_runtime_free(gb_runtime* runtime);

/* ---- client ---- */

typedef struct gb_client_options {
  gb_span url;         /* "http://host:port" or "https://host:port". */
  gb_span identity;    /* Shown in history; must not be empty. */
  gb_span client_name; /* Sent as a header; the server checks name and version. */
  gb_span client_version;
  gb_span tls_ca;              /* PEM; empty: the system's roots. Used with https only. */
  gb_span tls_cert;            /* PEM; empty: no client certificate. */
  gb_span tls_key;             /* PEM. */
  gb_span tls_server_name;     /* Overrides the name to verify; empty: from the url. */
  gb_span api_key;             /* Bearer token; empty: none. */
  uint32_t connect_timeout_ms; /* For connection, handshakes and the first answer together. */
  uint32_t gzip;               /* 1: compress requests and accept compressed answers. */
  uint32_t retry_initial_ms;
  uint32_t retry_interval_max_ms;
  uint32_t retry_elapsed_max_ms; /* 0: without end. */
  uint32_t retry_attempts_max;   /* 0: without end. */
} gb_client_options;

/* `client` is the receiver's, to be freed with gb_client_free; NULL on failure. */
typedef void (*gb_connected)(void* context, gb_client* client, int32_t status, gb_span message);

/* Connects and asks for the server's capabilities; fails rather than waits when it is away. Later
 * losses of the connection heal by themselves. */
void gb_client_connect(gb_runtime* runtime, const gb_client_options* options, gb_connected done,
                       void* context);

/* Ends all calls in flight on this client with GB_CANCELLED. Later calls end the same way. Workers
 * made from it are not touched. */
void gb_client_cancel_calls(gb_client* client);

/* NULL is allowed. */
void gb_client_free(gb_client* client);

enum { GB_WORKFLOW_SERVICE = 1, GB_OPERATOR_SERVICE = 2, GB_HEALTH_SERVICE = 3 };

/* One RPC. `method` in snake case ("start_workflow_execution"); `request` its protobuf message.
 * timeout_ms bounds the whole call with its retries; 0: the client's default. retry: 1 follows the
 * client's retry options, 0 tries once. An unknown method ends with GB_UNIMPLEMENTED. */
void gb_client_rpc(gb_client* client, uint32_t service, gb_span method, gb_span request,
                   uint32_t timeout_ms, uint32_t retry, gb_done done, void* context);

/* ---- worker ---- */

typedef struct gb_worker_options {
  gb_span name_space;
  gb_span task_queue;
  gb_span deployment_name;     /* Empty: not deployment based. */
  gb_span build_id;            /* May be empty without deployment. */
  uint32_t use_versioning;     /* 1: take only tasks of this deployment version. */
  uint32_t default_versioning; /* 0 unset, 1 pinned, 2 auto-upgrade. */
  uint32_t workflows;          /* Task kinds to poll, 0 or 1 each. */
  uint32_t local_activities;
  uint32_t remote_activities;
  uint32_t cached_workflows_max; /* 0: no sticky cache. */
  uint32_t workflow_slots;       /* At least 2 with a cache. */
  uint32_t activity_slots;
  uint32_t local_activity_slots;
  uint32_t workflow_pollers; /* Most polls open at once; at least 2 with a cache. */
  uint32_t activity_pollers;
  uint32_t poller_autoscaling;   /* 1: the numbers above are upper bounds. */
  uint32_t eager_activities_max; /* Per workflow task; 0 turns eager activities off. */
  uint32_t sticky_timeout_ms;
  uint32_t graceful_shutdown_ms; /* Then running activities are cancelled; 0: never. */
  uint32_t heartbeat_throttle_max_ms;
  uint32_t heartbeat_throttle_default_ms;
  double worker_activities_per_second; /* 0: no limit. */
  double queue_activities_per_second;  /* 0: no limit; otherwise no eager activities. */
} gb_worker_options;

/* NULL on failure, then `error` says why. Free with gb_worker_finalize. */
gb_worker* gb_worker_new(gb_runtime* runtime, gb_client* client, const gb_worker_options* options,
                         gb_error* error);

/* Asks the server for the namespace. To be called once, before polling. */
void gb_worker_validate(gb_worker* worker, gb_done done, void* context);

/* One outstanding poll each; bytes are coresdk.workflow_activation.WorkflowActivation or
 * coresdk.activity_task.ActivityTask. GB_SHUTDOWN ends the series; another error is fatal. */
void gb_worker_poll_workflow(gb_worker* worker, gb_done done, void* context);
void gb_worker_poll_activity(gb_worker* worker, gb_done done, void* context);

/* coresdk.workflow_completion.WorkflowActivationCompletion, coresdk.ActivityTaskCompletion. */
void gb_worker_complete_workflow(gb_worker* worker, gb_span completion, gb_done done,
                                 void* context);
void gb_worker_complete_activity(gb_worker* worker, gb_span completion, gb_done done,
                                 void* context);

/* coresdk.ActivityHeartbeat. Core throttles. GB_OK or GB_MALFORMED. */
int32_t gb_worker_record_heartbeat(gb_worker* worker, gb_span heartbeat);

void gb_worker_request_eviction(gb_worker* worker, gb_span run_id);

/* Both polls end with GB_SHUTDOWN once everything handed out is completed. */
void gb_worker_initiate_shutdown(gb_worker* worker);

/* Consumes the handle, whatever the status. Call after gb_worker_initiate_shutdown has returned
 * (the polls may end before), and after both polls (where they began) ended with GB_SHUTDOWN and
 * every completion's callback has come. */
void gb_worker_finalize(gb_worker* worker, gb_done done, void* context);

/* ---- replay ---- */

/* A worker that is fed histories instead of polling a server; name_space and task_queue are only
 * labels. `*feeder` is to be freed with gb_feeder_free: that ends the series, and polls then end
 * with GB_SHUTDOWN. */
gb_worker* gb_replay_worker_new(gb_runtime* runtime, const gb_worker_options* options,
                                gb_feeder** feeder, gb_error* error);

/* temporal.api.history.v1.History. `done` comes when the worker took it. */
void gb_feeder_feed(gb_feeder* feeder, gb_span workflow_id, gb_span history, gb_done done,
                    void* context);

/* NULL is allowed. */
void gb_feeder_free(gb_feeder* feeder);

#ifdef __cplusplus
}
#endif

#endif
