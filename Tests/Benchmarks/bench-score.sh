#!/usr/bin/env bash
# Times one score worker on 100,000 pending predictions of 100 models, from the start of its process to the last commit,
# and audits the outcome. Wants DATABASE_URL and REDIS_URL of servers that it may fill (see deploy/local-servers.sh), and
# the executables in BIN.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
bin=${BIN:?folder of the executables}
repetitions=${REPETITIONS:-5}
total=100000
seconds_wanted=10
: "${DATABASE_URL:?}" "${REDIS_URL:?}"

worker=""
log=$(mktemp)
trap '[ -z "$worker" ] || kill -9 "$worker" 2>/dev/null || true; rm -f "$log"' EXIT

query() { psql "$DATABASE_URL" --quiet --no-psqlrc --tuples-only --no-align --command "$1"; }

run() {
  "$bin/coordinator" db reset --yes >/dev/null
  redis-cli -u "$REDIS_URL" FLUSHALL >/dev/null
  psql "$DATABASE_URL" --quiet --no-psqlrc --file "$here/bench-score.sql" >/dev/null
  query 'CHECKPOINT' >/dev/null

  local started ended port
  port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  started=$(date +%s.%N)
  FEED_SOURCE=bench FEED_SUBJECTS=BTC FEED_KIND=candle FEED_GRANULARITY=1m HEALTH_PORT=$port LOG_FORMAT=plain \
    "$bin/score-worker" >"$log" 2>&1 &
  worker=$!
  local done=0
  for _ in $(seq 1 1200); do
    if ! kill -0 "$worker" 2>/dev/null; then
      echo "score-worker ended:" >&2
      tail -20 "$log" >&2
      exit 1
    fi
    # The worker counts what is committed; asking PostgreSQL would slow it down.
    done=$(curl -s "http://127.0.0.1:$port/metrics" | awk '$1 == "coordinator_scores_total" { print $2 }')
    if [ "${done:-0}" -ge "$total" ]; then break; fi
    sleep 0.1
  done
  ended=$(date +%s.%N)
  kill -TERM "$worker"
  wait "$worker" || true
  worker=""

  local audit
  audit=$(query "SELECT (SELECT count(*) FROM scores) = $total
    AND (SELECT count(DISTINCT prediction_id) FROM scores) = $total
    AND NOT EXISTS (SELECT 1 FROM predictions WHERE status <> 'SCORED')
    AND NOT EXISTS (SELECT 1 FROM scores WHERE success IS NOT TRUE)")
  if [ "$audit" != t ]; then
    echo "audit failed: a prediction was lost, doubled or failed; no figure" >&2
    tail -20 "$log" >&2
    exit 1
  fi
  echo "$started $ended" | awk '{ printf "%.2f\n", $2 - $1 }'
}

query "SELECT 'settings: fsync ' || current_setting('fsync') || ', synchronous_commit '
  || current_setting('synchronous_commit') || ', shared_buffers ' || current_setting('shared_buffers')"
echo "settings: $(nproc) cores, $repetitions repetitions, one score worker, 100 models, 1,000 inputs"
figures=()
for turn in $(seq 1 "$repetitions"); do
  seconds=$(run)
  figures+=("$seconds")
  awk -v s="$seconds" -v n="$total" -v t="$turn" 'BEGIN { printf "run %d: %.2f s, %.0f scores/s\n", t, s, n / s }'
done
printf '%s\n' "${figures[@]}" | sort -n | awk -v n="$total" -v wanted="$seconds_wanted" '
  { v[NR] = $1 }
  END {
    m = NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2
    printf "median %.2f s (%.2f to %.2f), %.0f scores/s; wanted: at most %d s\n", m, v[1], v[NR], n / m, wanted
    exit m > wanted
  }'
