#!/usr/bin/env python3
"""Writes a bill of materials in CycloneDX: the packages that a build was resolved to, read from `swift package show-dependencies`.

    swift package show-dependencies --format json | deploy/sbom.py VERSION >sbom.json
"""

import json
import sys


def packages(tree, found):
    for node in tree.get("dependencies", []):
        if node["identity"] not in found:
            found[node["identity"]] = node
            packages(node, found)
    return found


def reference(node):
    return f"pkg:swift/{node['url'].removeprefix('https://').removesuffix('.git')}@{node['version']}"


def main():
    tree = json.load(sys.stdin)
    found = packages(tree, {})
    components = [
        {
            "type": "library", "name": name, "version": node["version"], "purl": reference(node), "bom-ref": reference(node),
            "externalReferences": [{"type": "vcs", "url": node["url"]}],
        }
        for name, node in sorted(found.items())
    ]
    dependencies = [
        {"ref": reference(node), "dependsOn": sorted(reference(found[child["identity"]]) for child in node["dependencies"])}
        for _, node in sorted(found.items())
    ]
    own = {"type": "application", "name": tree["name"], "version": sys.argv[1], "bom-ref": tree["name"]}
    dependencies.append({
        "ref": tree["name"], "dependsOn": sorted(reference(found[child["identity"]]) for child in tree["dependencies"]),
    })
    json.dump(
        {
            "bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1, "metadata": {"component": own},
            "components": components, "dependencies": dependencies,
        },
        sys.stdout, indent=2)
    print()


main()
