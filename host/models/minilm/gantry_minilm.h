// all-MiniLM-L6-v2 as a shared object of its own, opened where it is used. C11.
//
// Functions give 0, or 1 with the reason in `why` (UTF-8, NUL-terminated, cut to `room`; null is
// allowed). No call keeps a pointer of the caller's.
#pragma once

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct gm_model gm_model;

#define GM_DIMENSION 384

// Loads libonnxruntime.so, model.onnx and vocab.txt of `folder`. The caller ends *out by gm_close.
typedef int gm_open_fn(const char* folder, gm_model** out, char* why, size_t room);

// Writes the 384 numbers of `text` (UTF-8, `length` bytes), a vector of length 1. Words behind the
// 256th piece are not read. [any-thread] One call runs at a time, others wait.
typedef int gm_embed_fn(const gm_model* model, const char* text, size_t length, float* out,
                        char* why, size_t room);

// Null is allowed. No call may be running.
typedef void gm_close_fn(gm_model* model);

#ifdef __cplusplus
}
#endif
