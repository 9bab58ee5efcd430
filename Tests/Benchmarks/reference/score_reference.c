// The practical limit of a score worker: its loop in the barest form, against the same schema and the same streams.
//
//   XREADGROUP a batch of tasks -> load their predictions -> one transaction that sets them SCORED and inserts their
//   scores -> XADD scores.ready, one entry a task -> XACK, until it is killed
//
// It does what costs: one durable commit a batch, binary arrays, prepared statements, one trip to PostgreSQL a step, one
// trip to Redis for news and acknowledgement. It leaves out what a score worker is trusted for: it resolves no ground
// truth (every price moved by 0.001), keeps no record of who scored what, takes no part in the lock of the seals, gives
// no mind to sealed buckets, leases, retries, bad data or lost servers, trusts the layout of the benchmark's rows, and
// ends on the first error. Nobody leads either: no snapshots, no leaderboard.
#include <arpa/inet.h>
#include <hiredis.h>
#include <libpq-fe.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { text_type = 25, time_type = 1184, jsonb_type = 3802 };
enum { text_array = 1009, time_array = 1185, jsonb_array = 3807 };
static const int64_t epoch_shift = 946684800000000;  // PostgreSQL counts microseconds from 2000-01-01

static void fail(const char *what, const char *why) {
  fprintf(stderr, "%s: %s\n", what, why);
  exit(1);
}

// A binary array of PostgreSQL, built item by item.
typedef struct { char *bytes; int size, capacity, count; } Array;

static void append(Array *array, const void *bytes, int size) {
  if (array->size + size > array->capacity) {
    array->capacity = 2 * (array->size + size);
    if (!(array->bytes = realloc(array->bytes, array->capacity))) fail("array", "out of memory");
  }
  memcpy(array->bytes + array->size, bytes, size);
  array->size += size;
}

static void append_integer(Array *array, int32_t value) {
  value = htonl(value);
  append(array, &value, 4);
}

static void begin(Array *array, int type) {
  array->size = array->count = 0;
  append_integer(array, 1);  // dimensions
  append_integer(array, 0);  // no NULLs
  append_integer(array, type);
  append_integer(array, 0);  // count, known at the end
  append_integer(array, 1);  // lower bound
}

static void item(Array *array, const void *bytes, int size) {
  append_integer(array, size);
  append(array, bytes, size);
  array->count++;
}

static void end(Array *array) {
  int32_t count = htonl(array->count);
  memcpy(array->bytes + 12, &count, 4);
}

static int64_t integer(const char *bytes) {
  uint64_t value = 0;
  for (int i = 0; i < 8; i++) value = value << 8 | (unsigned char)bytes[i];
  return (int64_t)value;
}

static void append_time(Array *array, int64_t value) {
  char bytes[8];
  for (int i = 0; i < 8; i++) bytes[i] = (char)(value >> (56 - 8 * i));
  item(array, bytes, 8);
}

static void prepare(PGconn *database, const char *name, const char *sql, int count, const Oid *types) {
  PGresult *result = PQprepare(database, name, sql, count, types);
  if (PQresultStatus(result) != PGRES_COMMAND_OK) fail(name, PQerrorMessage(database));
  PQclear(result);
}

static void send_statement(PGconn *database, const char *name, int count, Array *const *arrays) {
  const char *values[8];
  int lengths[8], formats[8];
  for (int i = 0; i < count; i++) values[i] = arrays[i]->bytes, lengths[i] = arrays[i]->size, formats[i] = 1;
  if (!PQsendQueryPrepared(database, name, count, values, lengths, formats, 1)) fail(name, PQerrorMessage(database));
}

static redisReply *reply(redisContext *redis) {
  redisReply *answer = NULL;
  if (redisGetReply(redis, (void **)&answer) != REDIS_OK) fail("redis", redis->errstr);
  if (answer->type == REDIS_REPLY_ERROR) fail("redis", answer->str);
  return answer;
}

static const char *field(redisReply *fields, const char *name) {
  for (size_t i = 0; i + 1 < fields->elements; i += 2)
    if (!strcmp(fields->element[i]->str, name)) return fields->element[i + 1]->str;
  fail("an entry lacks a field", name);
  return NULL;
}

// Loads the predictions of the tasks, scores them, and commits the outcome.
static void score(PGconn *database, redisReply *entries) {
  static Array inputs, scopes, ids, score_ids, results, periods;
  begin(&inputs, text_type), begin(&scopes, text_type);
  for (size_t i = 0; i < entries->elements; i++) {
    redisReply *fields = entries->element[i]->element[1];
    const char *input = field(fields, "input_id"), *scope = field(fields, "scope_key");
    item(&inputs, input, (int)strlen(input)), item(&scopes, scope, (int)strlen(scope));
  }
  end(&inputs), end(&scopes);
  send_statement(database, "load", 2, (Array *[]){&inputs, &scopes});
  PGresult *rows = PQgetResult(database);
  if (PQresultStatus(rows) != PGRES_TUPLES_OK) fail("load", PQerrorMessage(database));
  PQclear(PQgetResult(database));

  begin(&ids, text_type), begin(&score_ids, text_type), begin(&results, jsonb_type), begin(&periods, time_type);
  for (int row = 0; row < PQntuples(rows); row++) {
    char text[256], *output = PQgetvalue(rows, row, 1) + 1;  // behind the version of jsonb's binary form
    const char *id = PQgetvalue(rows, row, 0), *colon = memchr(output, ':', PQgetlength(rows, row, 1) - 1);
    double value = colon ? strtod(colon + 1, NULL) : 0, move = 0.001;
    value = value > 1 ? 1 : value < -1 ? -1 : value;
    item(&ids, id, PQgetlength(rows, row, 0));
    item(&score_ids, text, snprintf(text, sizeof text, "SCR_%s", id));
    item(&results, text, snprintf(text, sizeof text,
      "\1{\"value\":%.17g,\"success\":true,\"failed_reason\":null,\"actual_return\":%g,\"direction_correct\":%s}",
      value * move, move, value > 0 ? "true" : "false"));
    int64_t due = integer(PQgetvalue(rows, row, 2)) + epoch_shift;
    append_time(&periods, due - due % 60000000 - epoch_shift);
  }
  end(&ids), end(&score_ids), end(&results), end(&periods);
  PQclear(rows);

  if (!PQenterPipelineMode(database)) fail("pipeline", PQerrorMessage(database));
  send_statement(database, "begin", 0, NULL);
  send_statement(database, "update", 1, (Array *[]){&ids});
  send_statement(database, "insert", 4, (Array *[]){&score_ids, &ids, &results, &periods});
  send_statement(database, "commit", 0, NULL);
  if (!PQpipelineSync(database)) fail("pipeline", PQerrorMessage(database));
  for (int i = 0; i < 4; i++) {
    PGresult *result = PQgetResult(database);
    if (PQresultStatus(result) != PGRES_COMMAND_OK) fail("commit", PQerrorMessage(database));
    PQclear(result), PQclear(PQgetResult(database));
  }
  PQclear(PQgetResult(database));  // the end of the pipeline
  PQexitPipelineMode(database);
}

// Says which tasks are scored and takes them off the list of the pending, in one trip.
static void finish(redisContext *redis, redisReply *entries) {
  for (size_t i = 0; i < entries->elements; i++) {
    redisReply *entry = entries->element[i], *fields = entry->element[1];
    // The tasks of the benchmark are due at whole minutes: the start of a bucket.
    redisAppendCommand(redis,
      "XADD scores.ready * v 1 kind scores.ready input_id %s scope_key %s period_start %s scored 100",
      field(fields, "input_id"), field(fields, "scope_key"), field(fields, "resolvable_at"));
    redisAppendCommand(redis, "XACK predictions.pending score %s", entry->element[0]->str);
  }
  for (size_t i = 0; i < 2 * entries->elements; i++) freeReplyObject(reply(redis));
}

int main(int count, char **arguments) {
  if (count != 6) fail("usage", "score_reference DATABASE_URL REDIS_HOST REDIS_PORT CONSUMER TASKS_A_BATCH");
  redisContext *redis = redisConnect(arguments[2], atoi(arguments[3]));
  if (!redis || redis->err) fail("redis", redis ? redis->errstr : "out of memory");
  PGconn *database = PQconnectdb(arguments[1]);
  if (PQstatus(database) != CONNECTION_OK) fail("postgres", PQerrorMessage(database));
  prepare(database, "begin", "BEGIN", 0, NULL), prepare(database, "commit", "COMMIT", 0, NULL);
  prepare(database, "load",
    "SELECT p.id, p.inference_output_jsonb, p.resolvable_at FROM unnest($1, $2) AS t (input_id, scope_key) "
    "JOIN predictions p ON p.input_id = t.input_id AND p.scope_key = t.scope_key AND p.status = 'PENDING'",
    2, (Oid[]){text_array, text_array});
  prepare(database, "update", "UPDATE predictions p SET status = 'SCORED' FROM unnest($1) AS o (id) "
    "WHERE p.id = o.id AND p.status = 'PENDING'", 1, (Oid[]){text_array});
  prepare(database, "insert",
    "INSERT INTO scores (id, prediction_id, result_jsonb, success, scored_at, period_start) "
    "SELECT i, p, r, true, now(), t FROM unnest($1, $2, $3, $4) AS o (i, p, r, t) ON CONFLICT DO NOTHING",
    4, (Oid[]){text_array, text_array, jsonb_array, time_array});
  // As the worker's statements: by index, whatever the table's size.
  PQclear(PQexec(database, "SET plan_cache_mode = force_generic_plan"));
  while (1) {
    redisReply *answer = redisCommand(redis,
      "XREADGROUP GROUP score %s COUNT %s BLOCK 500 STREAMS predictions.pending >", arguments[4], arguments[5]);
    if (!answer) fail("redis", redis->errstr);
    if (answer->type == REDIS_REPLY_ERROR) fail("redis", answer->str);
    if (answer->type == REDIS_REPLY_ARRAY) {
      redisReply *entries = answer->element[0]->element[1];
      score(database, entries);
      finish(redis, entries);
    }
    freeReplyObject(answer);
  }
}
