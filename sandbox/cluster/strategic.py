"""Strategic merge patch: lists of objects are merged by the key their kind names."""

from __future__ import annotations

import copy
from typing import Any

_KEYS: dict[str, tuple[str, ...]] = {
    "containers": ("name",),
    "initContainers": ("name",),
    "ephemeralContainers": ("name",),
    "env": ("name",),
    "volumes": ("name",),
    "volumeMounts": ("mountPath",),
    "volumeDevices": ("devicePath",),
    "imagePullSecrets": ("name",),
    "hostAliases": ("ip",),
    "topologySpreadConstraints": ("topologyKey",),
    "resourceClaims": ("name",),
    "conditions": ("type",),
    "ownerReferences": ("uid",),
    "secrets": ("name",),
    "ports": ("containerPort", "port"),
    "addresses": ("type",),
    "podIPs": ("ip",),
    "hostIPs": ("ip",),
}
"""patchMergeKey of the served kinds, by field name; of several, the one the items carry."""
_SETS = frozenset({"finalizers"})
"""Lists of plain values with patchStrategy merge."""
_PATCH, _RETAIN = "$patch", "$retainKeys"
_DELETE_ITEMS, _ORDER = "$deleteFromPrimitiveList/", "$setElementOrder/"


def merge(target: Any, change: dict[str, Any]) -> Any:
    """The target with the change in it; neither is altered. null removes a field, $patch a whole one."""
    directive = change.get(_PATCH)
    if directive == "replace":
        return _clean(change)
    if directive == "delete":
        return {}
    result = dict(target) if isinstance(target, dict) else {}
    if _RETAIN in change:
        result = {name: value for name, value in result.items() if name in change[_RETAIN]}
    for name, value in change.items():
        _put(result, name, value)
    return result


def _put(result: dict[str, Any], name: str, value: Any) -> None:
    if name.startswith(_DELETE_ITEMS):
        field = name.removeprefix(_DELETE_ITEMS)
        result[field] = [item for item in result.get(field) or [] if item not in value]
    elif name in (_PATCH, _RETAIN) or name.startswith(_ORDER):
        return
    elif value is None:
        result.pop(name, None)
    elif isinstance(value, dict):
        result[name] = merge(result.get(name), value)
    elif isinstance(value, list):
        result[name] = _lists(name, result.get(name) or [], value)
    else:
        result[name] = value


def _lists(name: str, target: list[Any], change: list[Any]) -> list[Any]:
    if name in _SETS:
        return [*target, *(item for item in change if item not in target)]
    key = _key(name, change)
    if key is None or any(item.get(_PATCH) == "replace" and key not in item for item in change):
        return [_clean(item) for item in change if not (isinstance(item, dict) and item.get(_PATCH) == "replace")]
    result = list(target)
    for item in change:
        _item(result, key, item)
    return result


def _item(result: list[Any], key: str, item: dict[str, Any]) -> None:
    """Merge one item into the list: into its namesake, or at the end."""
    at = next((i for i, present in enumerate(result) if present.get(key) == item[key]), None)
    if item.get(_PATCH) == "delete":
        if at is not None:
            del result[at]
    elif at is None:
        result.append(merge({}, item))
    else:
        result[at] = merge(result[at], item)


def _key(name: str, change: list[Any]) -> str | None:
    """The merge key of this list; None if it is replaced as a whole."""
    named = [item for item in change if isinstance(item, dict) and not _is_bare_directive(item)]
    for key in _KEYS.get(name, ()):
        if len(named) + sum(map(_is_bare_directive, change)) == len(change) and all(key in item for item in named):
            return key
    return None


def _is_bare_directive(item: Any) -> bool:
    return isinstance(item, dict) and set(item) == {_PATCH}


def _clean(value: Any) -> Any:
    """A copy without directives."""
    if isinstance(value, dict):
        return {k: _clean(v) for k, v in value.items() if not k.startswith("$") and v is not None}
    return [_clean(item) for item in value] if isinstance(value, list) else copy.copy(value)
