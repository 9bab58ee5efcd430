#!/usr/bin/env bash
# Installs what looks at the dashboard: Chromium and its driver. Nothing else needs them.
set -euo pipefail

has() { command -v "$1" >/dev/null; }
{ has chromium || has chromium-browser || has google-chrome; } && has chromedriver && exit 0
has apt-get || { echo "setup: install Chromium and chromedriver" >&2; exit 1; }
echo "setup: installing chromium chromium-driver"
sudo=(); [ "$(id -u)" = 0 ] || sudo=(sudo)
"${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -qq
"${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium chromium-driver >/dev/null
