/*
 * A function of a dynamic library at an extension point other than scoring, for `callables` of the contract:
 * lib:path.so#symbol.
 *
 * The library exports
 *
 *   uint32_t coordinator_extension_version(void);   returns COORDINATOR_EXTENSION_VERSION
 *   coordinator_extension_function <symbol>;        any name
 *
 * Arguments are a JSON array, in the order in which a Python function at the point takes them; the answer is JSON. The
 * function may be called from several threads at the same time. It runs inside the worker: a crash ends the worker.
 */
#ifndef COORDINATOR_EXTENSION_H
#define COORDINATOR_EXTENSION_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define COORDINATOR_EXTENSION_VERSION 1u

/* What the call comes to. */
typedef struct coordinator_answer coordinator_answer;

typedef struct coordinator_extension_api {
  /* The answer: JSON text in UTF-8 of that many bytes, copied at once. */
  void (*answer)(coordinator_answer *answer, const char *json, uint64_t length);
  /* There is none, and why; a text ended by a zero. */
  void (*fail)(coordinator_answer *answer, const char *reason);
} coordinator_extension_api;

typedef void coordinator_extension_function(
    const coordinator_extension_api *api, const char *arguments, uint64_t length, coordinator_answer *answer);

#ifdef __cplusplus
}
#endif

#endif
