/* A metric and a filter of an ensemble in C: how often each model answered, and whether its ic is above 0.
 *
 *   cc -O2 -shared -fPIC -I Shared/CScoring -o figures.so Tests/Examples/plugins/figures.c
 *   metrics: [ic, "lib:./figures.so#answers"]
 *   ensembles: [{name: main, filter: "lib:./figures.so#positive_ic"}]
 *
 * Strings are looked for where a real library would use a JSON parser.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "coordinator_extension.h"

uint32_t coordinator_extension_version(void) { return COORDINATOR_EXTENSION_VERSION; }

/* The first place of a text from `at` on, or `end`. */
static const char *found(const char *at, const char *end, const char *text) {
  size_t length = strlen(text);
  for (; at + length <= end; at++)
    if (memcmp(at, text, length) == 0) return at;
  return end;
}

/* A metric of a library gets all models in one call: [{"models": {"a": {"predictions": [{…}, …], "scores": …}, …},
 * "ensembles": {…}, …}]. It answers a number for each, or null: {"a": 3, …}. */
void answers(const coordinator_extension_api *api, const char *arguments, uint64_t length, coordinator_answer *answer) {
  const char *end = found(arguments, arguments + length, "},\"ensembles\":");
  const char *at = found(arguments, end, "\"models\":{");
  char *json = malloc(length + 64);
  if (json == NULL || at == end) {
    api->fail(answer, json == NULL ? "no memory" : "there are no models");
    free(json);
    return;
  }
  at += strlen("\"models\":{");
  size_t written = 0;
  json[written++] = '{';
  for (;;) {
    const char *series = found(at, end, ":{\"predictions\":[");
    if (series == end) break;
    const char *name = series - 1;
    while (*--name != '"') continue;
    const char *scores = found(series, end, "],\"scores\":[");
    int count = 0;
    for (const char *one = series + strlen(":{\"predictions\":["); (one = found(one, scores, "{")) < scores; one++) count++;
    if (written > 1) json[written++] = ',';
    memcpy(json + written, name, (size_t)(series - name));
    written += (size_t)(series - name);
    written += (size_t)sprintf(json + written, ":%d", count);
    at = scores;
  }
  json[written++] = '}';
  api->answer(answer, json, written);
  free(json);
}

/* The arguments are ["a", {"ic": 0.1, …}]: a model and its newest figures. The answer is true or false. */
void positive_ic(
    const coordinator_extension_api *api, const char *arguments, uint64_t length, coordinator_answer *answer) {
  const char *end = arguments + length;
  const char *at = found(arguments, end, "\"ic\":");
  int keeps = at < end && strtod(at + strlen("\"ic\":"), NULL) > 0;
  api->answer(answer, keeps ? "true" : "false", keeps ? 4 : 5);
}
