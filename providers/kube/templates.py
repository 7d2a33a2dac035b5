"""What two pod templates differ in, in words an operator decides by."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from providers.core.action import Change
from providers.core.secret import MASK
from providers.core.text import clean
from providers.kube.describe_container import probe_words, source_words
from providers.kube.describe_pod import volume_words
from providers.kube.masking import looks_secret, scrubbed
from providers.kube.raw import Manifest, containers_of, items, part

IGNORED_LABELS: Final = frozenset({"pod-template-hash"})
_PROBES: Final = {f"{name}Probe": name for name in ("startup", "readiness", "liveness")}
_NAMED: Final = frozenset({"name", "image", "env", "resources", *_PROBES})
_LISTED: Final = frozenset({"containers", "initContainers", "ephemeralContainers", "volumes"})
_SHORTEST: Final = 200
"""Characters of one side of a change that are shown."""


class _Field(msgspec.Struct, frozen=True):
    """One thing in a template: `raw` is compared, `shown` is read."""

    raw: str
    shown: str
    secret: bool = False


def diff(before: Manifest, after: Manifest) -> tuple[Change, ...]:
    """The changes from one pod template to another: images, env, resources, the rest. Secrets stay masked."""
    old, new = dict(_fields(before)), dict(_fields(after))
    changed = [key for key in dict.fromkeys((*old, *new)) if _raw(old.get(key)) != _raw(new.get(key))]
    return tuple(_change(key, old.get(key), new.get(key)) for key in sorted(changed, key=_order))


def same(before: Manifest, after: Manifest) -> bool:
    """Whether two templates make the same pods."""
    return bare(before) == bare(after)


def bare(template: Manifest) -> Manifest:
    """A copy of the template without the label the deployment controller adds to it."""
    copy: Manifest = msgspec.json.decode(msgspec.json.encode(template))
    metadata = copy.get("metadata") or {}
    metadata.pop("creationTimestamp", None)
    for label in IGNORED_LABELS:
        (metadata.get("labels") or {}).pop(label, None)
    copy["metadata"] = metadata
    return copy


def images_of(template: Manifest) -> tuple[str, ...]:
    return tuple(clean(c.get("image", "")) for c in items(template, "spec", "containers"))


def _fields(template: Manifest) -> Iterator[tuple[str, _Field]]:
    spec = part(template, "spec")
    for group, container in containers_of(spec):
        init = "init " if group == "initContainers" else ""
        yield from _container_fields(init + clean(str(container.get("name", ""))), container)
    for volume in items(spec, "volumes"):
        yield f"volume {clean(str(volume.get('name', '')))}", _Field(_json(volume), volume_words(volume))
    yield from ((name, _other(value)) for name, value in spec.items() if name not in _LISTED)
    for kind in ("labels", "annotations"):
        for key, value in part(template, "metadata", kind).items():
            if key not in IGNORED_LABELS:
                yield f"{kind[:-1]} {clean(key)}", _Field(str(value), scrubbed(str(value)))


def _container_fields(name: str, container: Manifest) -> Iterator[tuple[str, _Field]]:
    image = str(container.get("image", ""))
    yield f"{name} image", _Field(image, image)
    for variable in items(container, "env"):
        yield f"{name} env {clean(str(variable.get('name', '')))}", _variable(variable)
    for bound, amounts in part(container, "resources").items():
        if isinstance(amounts, dict):
            yield from ((f"{name} {bound} {key}", _Field(str(v), str(v))) for key, v in amounts.items())
    for field, probe in _PROBES.items():
        if asked := part(container, field):
            yield f"{name} {probe} probe", _Field(_json(asked), probe_words(probe, asked))
    yield from ((f"{name} {key}", _other(value)) for key, value in container.items() if key not in _NAMED)


def _variable(variable: Manifest) -> _Field:
    if source := part(variable, "valueFrom"):
        return _Field(_json(source), f"from {source_words(source)}")
    value = str(variable.get("value", ""))
    return _Field(value, value, looks_secret(str(variable.get("name", "")), value))


def _other(value: Any) -> _Field:
    raw = _json(value)
    return _Field(raw, scrubbed(" ".join(map(str, value)) if _is_words(value) else raw))


def _is_words(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(word, str) for word in value)


def _change(key: str, before: _Field | None, after: _Field | None) -> Change:
    if any(side is not None and side.secret for side in (before, after)):
        return Change(key, *(None if side is None else f"{MASK} changed" for side in (before, after)))
    # Two things that differ must not read alike.
    alike = before is not None and after is not None and before.shown == after.shown
    sides = (None if s is None else scrubbed(s.raw) if alike else s.shown for s in (before, after))
    return Change(key, *(None if side is None else clean(side, _SHORTEST) for side in sides))


def _raw(field: _Field | None) -> str | None:
    return None if field is None else field.raw


def _order(key: str) -> tuple[int, str]:
    for rank, word in enumerate((" image ", " env ", " limits ", " requests ")):
        if word in f"{key} ":
            return rank, key
    return 9, key


def _json(value: Any) -> str:
    return msgspec.json.encode(value, order="sorted").decode()
