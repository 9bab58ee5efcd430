#!/usr/bin/env bash
# Installs what is missing to build, run and test: C headers, Redis, PostgreSQL, a pooler and a TLS tunnel, Python, and the virtual environment in which
# example models run. What is there already is left alone, and then no network is needed.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { echo "setup: $*"; }
die() { echo "setup: $*" >&2; exit 1; }

command -v swift >/dev/null || die "Swift is missing; install the 6.3 toolchain from https://www.swift.org/install"

has_binary() { command -v "$1" >/dev/null || [ -n "$(find /usr/lib/postgresql /opt/homebrew/opt /usr/local/opt -path "*bin/$1" 2>/dev/null | head -1)" ]; }
has_header() { echo "#include <$1>" | cc $(pkg-config --cflags "$2" 2>/dev/null || true) -E -x c - >/dev/null 2>&1; }

if command -v apt-get >/dev/null; then
  packages=()
  need() { packages+=("$@"); }
  command -v pkg-config >/dev/null || need pkg-config
  has_header hiredis/hiredis.h hiredis || need libhiredis-dev
  has_header libpq-fe.h libpq || need libpq-dev
  has_header curl/curl.h libcurl || need libcurl4-openssl-dev
  has_header zlib.h zlib || need zlib1g-dev
  has_binary redis-server || need redis-server
  has_binary redis-cli || need redis-tools
  has_binary postgres || need postgresql
  has_binary psql || need postgresql-client
  has_binary pgbouncer || [ -x /usr/sbin/pgbouncer ] || need pgbouncer
  has_binary stunnel4 || need stunnel4
  command -v openssl >/dev/null || need openssl
  command -v python3 >/dev/null || need python3
  python3 -c 'import ensurepip' 2>/dev/null || need python3-venv
  command -v setsid >/dev/null || need util-linux
  if [ ${#packages[@]} -gt 0 ]; then
    say "installing ${packages[*]}"
    sudo=(); [ "$(id -u)" = 0 ] || sudo=(sudo)
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -qq
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
  fi
elif command -v brew >/dev/null; then
  for formula in hiredis libpq curl redis postgresql@15 pgbouncer stunnel pkg-config; do
    brew list "$formula" >/dev/null 2>&1 || { say "installing $formula"; brew install -q "$formula"; }
  done
else
  has_header hiredis/hiredis.h hiredis || die "install hiredis, libpq and libcurl with their headers, Redis and PostgreSQL"
fi

# With the independent peer at hand (MODEL_RIG_DIR) the tests of the model protocol run against it too.
requirements=(deploy/model-runner-requirements.txt deploy/test-requirements.txt)
[ ! -f "${MODEL_RIG_DIR:-}/requirements.txt" ] || requirements+=("$MODEL_RIG_DIR/requirements.txt")

venv=${VENV:-.run/venv}
wanted=$(cat "${requirements[@]}" | cksum)
if [ "$(cat "$venv/requirements.cksum" 2>/dev/null)" != "$wanted" ]; then
  say "making the Python environment of the example models (about 500 MB, once)"
  python3 -m venv "$venv"
  for file in "${requirements[@]}"; do "$venv/bin/pip" install -q --disable-pip-version-check -r "$file"; done
  echo "$wanted" >"$venv/requirements.cksum"
fi
say "everything is there"
