#!/usr/bin/env bash
# Gets what `make check-deploy` looks with, into the folder that it is given: a Python environment, and promtool where none is
# installed. promtool is taken out of Debian's package, so that no Prometheus is started here.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p "${1:?a folder}"
folder=$(cd "$1" && pwd)
requirements=deploy/tests/requirements.txt

if [ "$(cat "$folder/requirements.cksum" 2>/dev/null)" != "$(cksum <$requirements)" ]; then
  python3 -m venv "$folder"
  "$folder/bin/pip" install -q --disable-pip-version-check -r $requirements
  cksum <$requirements >"$folder/requirements.cksum"
fi

command -v promtool >/dev/null && exit 0
[ ! -x "$folder/bin/promtool" ] || exit 0
command -v apt-get >/dev/null || { echo "setup: install promtool, which comes with Prometheus" >&2; exit 1; }
echo "setup: getting promtool"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
if ! apt-get download -qq prometheus 2>/dev/null; then
  sudo=(); [ "$(id -u)" = 0 ] || sudo=(sudo)
  "${sudo[@]}" apt-get update -qq
  apt-get download -qq prometheus
fi
dpkg -x prometheus_*.deb .
cp usr/bin/promtool "$folder/bin/promtool"
