#!/usr/bin/env bash
# Runs a command with a private Redis and PostgreSQL that live as long as the command does.
#
#   deploy/local-servers.sh run [--test] -- COMMAND ...
#
# Data and logs are in .run/ (RUN_DIR). The servers listen on free ports of the loopback interface, in sessions of their
# own, so that Ctrl-C reaches the command first and the servers stop last. DATABASE_URL and REDIS_URL tell the command
# where they are, and the file `env` beside the data tells others; with --test these are TEST_DATABASE_URL and TEST_REDIS_URL, data is thrown away, and PostgreSQL does not
# wait for the disk.
set -euo pipefail

die() { echo "local-servers: $*" >&2; exit 1; }

[ "${1:-}" = run ] || die "usage: local-servers.sh run [--test] -- COMMAND ..."
shift
test_mode=false
if [ "${1:-}" = --test ]; then test_mode=true; shift; fi
[ "${1:-}" = -- ] && shift
[ $# -gt 0 ] || die "no command given"

run_dir=${RUN_DIR:-.run}
mkdir -p "$run_dir"
run_dir=$(cd "$run_dir" && pwd)
if $test_mode; then base=$(mktemp -d "${TMPDIR:-/tmp}/coordinator-test.XXXXXX"); else base=$run_dir; fi
mkdir -p "$base/redis" "$base/logs"

find_binary() {
  local found
  found=$(command -v "$1" || true)
  if [ -z "$found" ]; then found=$(find /usr/lib/postgresql /opt/homebrew/opt /usr/local/opt -path "*bin/$1" 2>/dev/null | sort -V | tail -1); fi
  [ -n "$found" ] || die "$1 is not installed; run make setup"
  echo "$found"
}
free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

redis_server=$(find_binary redis-server)
redis_cli=$(find_binary redis-cli)
initdb=$(find_binary initdb)
postgres=$(find_binary postgres)
pg_isready=$(find_binary pg_isready)

# PostgreSQL refuses to run as root: then it runs as the user postgres, in a folder of that user.
as_postgres=()
pg_data="$base/postgres"
if [ "$(id -u)" = 0 ]; then
  id postgres >/dev/null 2>&1 || die "PostgreSQL does not run as root, and there is no user postgres"
  as_postgres=(runuser -u postgres --)
  key=$(echo "$base" | cksum | cut -d' ' -f1)
  pg_data="${TMPDIR:-/tmp}/coordinator-postgres-$key"
  mkdir -p "$pg_data"
  echo "$pg_data" >"$base/postgres.path"
  chown postgres "$pg_data"
  chmod 700 "$pg_data"
fi

redis_pid=""
postgres_pid=""
stop() {
  trap - EXIT
  trap '' INT TERM
  if [ -n "$redis_pid" ]; then kill "$redis_pid" 2>/dev/null || true; fi
  if [ -n "$postgres_pid" ]; then kill -INT "$postgres_pid" 2>/dev/null || true; fi
  for pid in $redis_pid $postgres_pid; do
    for _ in $(seq 1 100); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
    kill -9 "$pid" 2>/dev/null || true
  done
  rm -f "$base/env"
  if $test_mode; then rm -rf "$base" "$pg_data"; fi
}
trap stop EXIT

in_postgres_folder() { (cd / && "$@"); }

if [ ! -f "$pg_data/PG_VERSION" ] || { [ "$(id -u)" = 0 ] && [ -z "$("${as_postgres[@]}" ls "$pg_data" 2>/dev/null)" ]; }; then
  echo "making a PostgreSQL for this project"
  in_postgres_folder "${as_postgres[@]}" "$initdb" --pgdata "$pg_data" --auth trust --username coordinator \
    --encoding UTF8 --locale C --no-sync >"$base/logs/initdb.log" 2>&1 || { cat "$base/logs/initdb.log" >&2; die "initdb failed"; }
fi
pg_port=$(free_port)
pg_options=(-D "$pg_data" -p "$pg_port" -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=200
  -c shared_buffers=256MB -c log_min_messages=warning)
if $test_mode; then pg_options+=(-c fsync=off -c synchronous_commit=off -c full_page_writes=off); fi
(cd / && exec setsid "${as_postgres[@]}" "$postgres" "${pg_options[@]}") >"$base/logs/postgres.log" 2>&1 </dev/null &
launcher=$!

redis_port=$(free_port)
setsid "$redis_server" --bind 127.0.0.1 --port "$redis_port" --dir "$base/redis" --save '' --maxmemory-policy noeviction \
  --daemonize no >"$base/logs/redis.log" 2>&1 </dev/null &
redis_pid=$!

for _ in $(seq 1 300); do
  if "$pg_isready" -q -h 127.0.0.1 -p "$pg_port"; then break; fi
  kill -0 "$launcher" 2>/dev/null || { cat "$base/logs/postgres.log" >&2; die "PostgreSQL did not start"; }
  sleep 0.1
done
postgres_pid=$(head -1 "$pg_data/postmaster.pid" 2>/dev/null || "${as_postgres[@]}" head -1 "$pg_data/postmaster.pid")
for _ in $(seq 1 100); do
  if [ "$("$redis_cli" -h 127.0.0.1 -p "$redis_port" ping 2>/dev/null)" = PONG ]; then break; fi
  kill -0 "$redis_pid" 2>/dev/null || { cat "$base/logs/redis.log" >&2; die "Redis did not start"; }
  sleep 0.1
done

database_url="postgres://coordinator@127.0.0.1:$pg_port/postgres"
redis_url="redis://127.0.0.1:$redis_port/0"
if $test_mode; then
  export TEST_DATABASE_URL=$database_url TEST_REDIS_URL=$redis_url
else
  export DATABASE_URL=$database_url REDIS_URL=$redis_url
  printf 'DATABASE_URL=%s\nREDIS_URL=%s\n' "$database_url" "$redis_url" >"$base/env"
fi

# The command gets the signals of the terminal itself; what is sent to this script alone is handed on.
status=0
"$@" <&0 &
command_pid=$!
trap 'kill -TERM "$command_pid" 2>/dev/null || true' TERM
trap ':' INT
while kill -0 "$command_pid" 2>/dev/null; do
  wait "$command_pid" && status=0 || status=$?
done
exit "$status"
