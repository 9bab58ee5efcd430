/*
 * A scoring function of a dynamic library, for SCORING_FUNCTION=lib:path.so#symbol.
 *
 * The library exports
 *
 *   uint32_t coordinator_scoring_version(void);     returns COORDINATOR_SCORING_VERSION
 *   coordinator_scoring_function <symbol>;          any name
 *
 * The function is called once per prediction, from several threads at the same time. It runs inside the score worker: a
 * crash ends the worker, and nothing can stop it when it hangs. Use Python where that matters more than speed.
 */
#ifndef COORDINATOR_SCORING_H
#define COORDINATOR_SCORING_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define COORDINATOR_SCORING_VERSION 1u

/* A JSON object: a prediction's output, a ground truth, or a scope. Valid during the call only. */
typedef struct coordinator_object coordinator_object;

/* The result of the call. */
typedef struct coordinator_result coordinator_result;

/* What the function may ask and say. Keys and texts are UTF-8, ended by a zero. */
typedef struct coordinator_scoring_api {
  /* Reads the number under a key (texts of numbers count, true is 1): false, and *number as it was, without one. */
  bool (*read_number)(const coordinator_object *object, const char *key, double *number);
  /* Copies at most capacity - 1 bytes of the JSON text under a key, and a zero; returns the length of the whole text, 0
     when there is no such key. */
  uint64_t (*read_json)(const coordinator_object *object, const char *key, char *buffer, uint64_t capacity);
  /* The score. Without it, or when it is not finite, the prediction fails. */
  void (*set_value)(coordinator_result *result, double value);
  /* A number beside the score, under a key of its own. */
  void (*set_number)(coordinator_result *result, const char *key, double number);
  /* There is no score for this prediction, and why. */
  void (*fail)(coordinator_result *result, const char *reason);
} coordinator_scoring_api;

typedef void coordinator_scoring_function(
    const coordinator_scoring_api *api, const coordinator_object *prediction, const coordinator_object *ground_truth,
    const coordinator_object *scope, coordinator_result *result);

#ifdef __cplusplus
}
#endif

#endif
