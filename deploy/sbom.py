#!/usr/bin/env python3
"""Writes a bill of materials in CycloneDX: the packages that a build was resolved to, read from `swift package show-dependencies`,
the Swift runtime that is linked in, and the script that the dashboard's charts are drawn with.

    swift package show-dependencies --format json | deploy/sbom.py VERSION SWIFT-VERSION >sbom.json
"""

import json
import re
import sys
from pathlib import Path

ASSETS = Path(__file__).resolve().parent.parent / "Services/ReportWorker/Dashboard/Assets"


def packages(tree, found):
    for node in tree.get("dependencies", []):
        if node["identity"] not in found:
            found[node["identity"]] = node
            packages(node, found)
    return found


def reference(node):
    return f"pkg:swift/{node['url'].removeprefix('https://').removesuffix('.git')}@{node['version']}"


def linked_in(swift):
    """What no package manager resolved: name, version, reference, where it comes from."""
    charts = re.search(r"uPlot[^\n]*?v?([0-9]+\.[0-9.]+[0-9])", (ASSETS / "NOTICE.txt").read_text())[1]
    return [
        ("swift-runtime", swift, f"pkg:github/swiftlang/swift@swift-{swift}-RELEASE", "https://github.com/swiftlang/swift"),
        ("uplot", charts, f"pkg:npm/uplot@{charts}", "https://github.com/leeoniya/uPlot"),
    ]


def component(name, version, purl, url):
    return {
        "type": "library", "name": name, "version": version, "purl": purl, "bom-ref": purl,
        "externalReferences": [{"type": "vcs", "url": url}],
    }


def main():
    tree = json.load(sys.stdin)
    found = packages(tree, {})
    others = linked_in(sys.argv[2])
    components = [component(*other) for other in others] + [
        component(name, node["version"], reference(node), node["url"]) for name, node in sorted(found.items())
    ]
    dependencies = [
        {"ref": reference(node), "dependsOn": sorted(reference(found[child["identity"]]) for child in node["dependencies"])}
        for _, node in sorted(found.items())
    ]
    own = {"type": "application", "name": tree["name"], "version": sys.argv[1], "bom-ref": tree["name"]}
    dependencies.append({
        "ref": tree["name"], "dependsOn": sorted(
            [reference(found[child["identity"]]) for child in tree["dependencies"]] + [other[2] for other in others]),
    })
    json.dump(
        {
            "bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1, "metadata": {"component": own},
            "components": components, "dependencies": dependencies,
        },
        sys.stdout, indent=2)
    print()


main()
