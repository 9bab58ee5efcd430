#!/usr/bin/env bash
# Collects release binaries that were built on this machine, with the Swift libraries that they need, into .prebuilt/ for
# an image made without a compiler: docker build --build-arg BINARIES=prebuilt.
#
#   deploy/prebuilt.sh [FOLDER WITH BINARIES]
set -euo pipefail
cd "$(dirname "$0")/.."
from=${1:-.build/release}
rm -rf .prebuilt
mkdir -p .prebuilt/bin .prebuilt/lib
for name in coordinator feed-data-worker predict-worker score-worker checkpoint-worker report-worker model-orchestrator; do
  strip -o ".prebuilt/bin/$name" "$from/$name"
  ldd "$from/$name" | awk '/\/swift\/linux\//{print $3}'
done | sort -u | while read -r library; do cp -L "$library" .prebuilt/lib/; done
du -sh .prebuilt
