#!/usr/bin/env bash
# Makes the archives of a release in dist/: the executables with the Swift runtime linked in, what they are deployed with, a bill of
# materials, and checksums. Where Docker runs, IMAGE=1 makes and tags the images as well.
set -euo pipefail
cd "$(dirname "$0")/.."
version=$(sed -n 's/.*static let text = "\(.*\)"/\1/p' Shared/ServiceKit/Lifecycle/ServiceMain.swift)
name=coordinator-node-$version-$(uname -s | tr '[:upper:]' '[:lower:]')-$(uname -m)
programs="coordinator feed-data-worker predict-worker score-worker checkpoint-worker report-worker model-orchestrator"

# Not beside the other release build: what is linked otherwise would be built anew each time.
swift build -c release --static-swift-stdlib --scratch-path "${SCRATCH:-.build/dist}" ${SWIFT_FLAGS:-}
binaries=$(swift build -c release --static-swift-stdlib --scratch-path "${SCRATCH:-.build/dist}" ${SWIFT_FLAGS:-} --show-bin-path)

rm -rf "dist/$name"
mkdir -p "dist/$name/bin"
for program in $programs; do strip -o "dist/$name/bin/$program" "$binaries/$program"; done
cp -R README.md LICENSE CHANGELOG.md docker-compose.yml deploy "dist/$name/"
rm -f "dist/$name/deploy/node.env"
swift package show-dependencies --format json 2>/dev/null | python3 -B deploy/sbom.py "$version" >"dist/$name.sbom.json"
# The same files give the same archive: names in order, no owners, the time of the last commit.
time=$(git log -1 --format=%ct 2>/dev/null || echo 0)
tar --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$time" -C dist -cf - "$name" | gzip -n >"dist/$name.tar.gz"
rm -rf "dist/$name"
(cd dist && sha256sum "$name.tar.gz" "$name.sbom.json" >"$name.sha256")
for file in "dist/$name".*; do du -h "$file"; done

if [ "${IMAGE:-}" = 1 ]; then
  for image in coordinator-node:runtime coordinator-node-python:python coordinator-node-orchestrator:orchestrator; do
    docker build -q -f deploy/Dockerfile --target "${image#*:}" -t "${image%:*}:$version" .
  done
fi
