"""What the server says it serves: /api, /apis, their resources, /version."""

from __future__ import annotations

from typing import Any

from sandbox.cluster.kinds import GIT_VERSION, SERVED, Kind

VERSION = {
    "major": "1", "minor": "32", "gitVersion": GIT_VERSION, "gitCommit": "sandbox", "gitTreeState": "clean",
    "buildDate": "2025-01-01T00:00:00Z", "goVersion": "go1.23", "compiler": "gc", "platform": "linux/amd64",
}  # fmt: skip


def document(path: str) -> dict[str, Any] | None:
    """The discovery document at a path, None when there is none."""
    parts = path.strip("/").split("/")
    match parts:
        case ["version"]:
            return VERSION
        case ["api"]:
            return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []}
        case ["apis"]:
            return {"kind": "APIGroupList", "apiVersion": "v1", "groups": [_group(name) for name in _groups()]}
        case ["api", version] | ["apis", _, version]:
            return _resources("" if len(parts) == 2 else parts[1], version)
        case ["apis", name] if name in _groups():
            return {"kind": "APIGroup", "apiVersion": "v1"} | _group(name)
    return None


def _groups() -> list[str]:
    return sorted({kind.group for kind in SERVED if kind.group})


def _group(name: str) -> dict[str, Any]:
    versions = sorted({kind.version for kind in SERVED if kind.group == name}, reverse=True)
    listed = [{"groupVersion": f"{name}/{version}", "version": version} for version in versions]
    return {"name": name, "versions": listed, "preferredVersion": listed[0]}


def _resources(group: str, version: str) -> dict[str, Any] | None:
    kinds = [kind for kind in SERVED if (kind.group, kind.version) == (group, version)]
    if not kinds:
        return None
    resources = [entry for kind in kinds for entry in _entries(kind)]
    return {
        "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": f"{group}/{version}" if group else version,
        "resources": resources,
    }  # fmt: skip


def _entries(kind: Kind) -> list[dict[str, Any]]:
    own = {
        "name": kind.plural, "singularName": kind.singular, "namespaced": kind.namespaced, "kind": kind.kind,
        "verbs": list(kind.verbs), "shortNames": list(kind.short), "categories": list(kind.categories),
    }  # fmt: skip
    parts = [
        {"name": f"{kind.plural}/{sub.name}", "singularName": "", "namespaced": kind.namespaced, "kind": sub.kind,
         "verbs": list(sub.verbs)} | ({"group": sub.group, "version": sub.version} if sub.version else {})
        for sub in kind.subresources
    ]  # fmt: skip
    return [own, *parts]
