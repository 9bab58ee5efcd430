/* The default score in C: position, cut to -1 and 1, times the change of the price.
 *
 *   cc -O2 -shared -fPIC -I Shared/CScoring -o directional.so Tests/Examples/plugins/directional.c
 *   SCORING_FUNCTION=lib:./directional.so#score
 */
#include "coordinator_scoring.h"

uint32_t coordinator_scoring_version(void) { return COORDINATOR_SCORING_VERSION; }

void score(const coordinator_scoring_api *api, const coordinator_object *prediction,
           const coordinator_object *ground_truth, const coordinator_object *scope, coordinator_result *result) {
  (void)scope;
  double position, profit;
  if (!api->read_number(prediction, "value", &position)) {
    api->fail(result, "the output has no value");
    return;
  }
  if (!api->read_number(ground_truth, "profit", &profit)) {
    api->fail(result, "the ground truth has no profit");
    return;
  }
  if (position > 1) position = 1;
  if (position < -1) position = -1;
  api->set_value(result, position * profit);
  api->set_number(result, "actual_return", profit);
}
