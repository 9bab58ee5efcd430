#!/usr/bin/env bash
# Makes the archives of a release in dist/ (DIST): the executables with the Swift runtime linked in, what they are deployed with, a
# bill of materials, and checksums. Where Docker runs, IMAGE=1 makes and tags the images as well. EXECUTABLES names a folder with
# executables that are there already; otherwise they are built.
set -euo pipefail
cd "$(dirname "$0")/.."
version=$(sed -n 's/.*static let text = "\(.*\)"/\1/p' Shared/ServiceKit/Lifecycle/ServiceMain.swift)
name=coordinator-node-$version-$(uname -s | tr '[:upper:]' '[:lower:]')-$(uname -m)
programs="coordinator feed-data-worker predict-worker score-worker checkpoint-worker report-worker model-orchestrator"
dist=${DIST:-dist}
mkdir -p "$dist"

executables=${EXECUTABLES:-}
if [ -z "$executables" ]; then
  # Not beside the other release build: what is linked otherwise would be built anew each time.
  build=(swift build -c release --static-swift-stdlib --scratch-path "${SCRATCH:-.build/dist}" ${SWIFT_FLAGS:-})
  for program in $programs; do "${build[@]}" --product "$program"; done
  executables=$("${build[@]}" --show-bin-path)
fi

rm -rf "${dist:?}/$name"
mkdir -p "$dist/$name/bin" "$dist/$name/Tests/Examples"
for program in $programs; do strip -o "$dist/$name/bin/$program" "$executables/$program"; done
cp -R README.md LICENSE CHANGELOG.md Makefile docker-compose.yml .dockerignore .local.env.example deploy "$dist/$name/"
cp -R Tests/Examples/models Tests/Examples/contract.yaml "$dist/$name/Tests/Examples/"
rm -rf "$dist/$name/deploy/node.env" "$dist/$name/deploy/tests"
find "$dist/$name" -name __pycache__ -prune -exec rm -rf {} +
swift package show-dependencies --format json 2>/dev/null |
  python3 -B deploy/sbom.py "$version" "$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([^ ]*\).*/\1/p')" >"$dist/$name.sbom.json"
# The same files give the same archive: names in order, no owners, the time of the last commit.
time=$(git log -1 --format=%ct 2>/dev/null || echo 0)
tar --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$time" --mode='u=rwX,go=rX' -C "$dist" -cf - "$name" |
  gzip -n >"$dist/$name.tar.gz"
rm -rf "${dist:?}/$name"
(cd "$dist" && sha256sum "$name.tar.gz" "$name.sbom.json" >"$name.sha256")
for file in "$dist/$name".*; do du -h "$file"; done

if [ "${IMAGE:-}" = 1 ]; then
  for image in coordinator-node:runtime coordinator-node-python:python coordinator-node-orchestrator:orchestrator \
    coordinator-node-tunnel:tunnel; do
    docker build -q -f deploy/Dockerfile --target "${image#*:}" -t "${image%:*}:$version" .
  done
fi
