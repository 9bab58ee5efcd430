/* A model's best score of a bucket as the summary of its snapshot, in C: an extension takes and gives JSON.
 *
 *   cc -O2 -shared -fPIC -I Shared/CScoring -o best_score.so Tests/Examples/plugins/best_score.c
 *   callables: {aggregate_snapshot: "lib:./best_score.so#best"}
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "coordinator_extension.h"

uint32_t coordinator_extension_version(void) { return COORDINATOR_EXTENSION_VERSION; }

/* The arguments are [[{"value": 0.5, …}, …]]: one list of results. A real library would read them with a JSON parser. */
void best(const coordinator_extension_api *api, const char *arguments, uint64_t length, coordinator_answer *answer) {
  static const char key[] = "\"value\":";
  double highest = 0;
  int found = 0;
  for (uint64_t at = 0; at + sizeof key - 1 < length; at++) {
    if (memcmp(arguments + at, key, sizeof key - 1) != 0) continue;
    double value = strtod(arguments + at + sizeof key - 1, NULL);
    if (!found || value > highest) highest = value;
    found = 1;
  }
  if (!found) {
    api->fail(answer, "no result has a value");
    return;
  }
  char json[64];
  int written = snprintf(json, sizeof json, "{\"value\":%.17g}", highest);
  api->answer(answer, json, (uint64_t)written);
}
