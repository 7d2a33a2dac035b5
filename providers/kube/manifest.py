"""An object as YAML for reading: what machines wrote into it folded away, what is secret masked."""

from __future__ import annotations

import base64
import binascii
from typing import Any, Final

import msgspec
import yaml

from providers.core.secret import MASK
from providers.core.text import clean, clean_lines
from providers.kube.masking import looks_secret, scrubbed
from providers.kube.raw import Manifest, part

LAST_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"
LONGEST: Final = 2048
"""Characters of one value that are shown."""
MOST_LINES: Final = 5000
_FIRST: Final = ("apiVersion", "kind", "metadata", "type", "spec", "data", "status")


class _Dumper(yaml.SafeDumper):
    """Text over several lines as a block, nothing as an alias."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _write_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _write_text)


def yaml_lines(manifest: Manifest) -> tuple[str, ...]:
    """Clean lines of YAML. Values of Secrets and secret-looking variables never appear in them."""
    shown = folded(manifest)
    ordered = {key: shown[key] for key in (*_FIRST, *sorted(shown.keys() - set(_FIRST))) if key in shown}
    text = yaml.dump(ordered, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10_000)
    return clean_lines(text, most=MOST_LINES)


def folded(manifest: Manifest) -> Manifest:
    """A copy that is fit to be shown."""
    copy: Manifest = msgspec.json.decode(msgspec.json.encode(manifest))
    metadata = part(copy, "metadata")
    if "managedFields" in metadata:
        metadata["managedFields"] = _managers(metadata["managedFields"])
    annotations = part(metadata, "annotations")
    if LAST_APPLIED in annotations:
        annotations[LAST_APPLIED] = f"({len(annotations[LAST_APPLIED])} characters, folded)"
    if copy.get("kind") == "Secret":
        _mask_secret(copy)
    shown: Manifest = _readable(copy)
    return shown


def _managers(entries: Any) -> str:
    """ "(3 entries by kubectl, kube-controller-manager)"."""
    found = [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
    names = ", ".join(dict.fromkeys(clean(str(entry.get("manager", "?")), 80) for entry in found))
    return f"({len(found)} {'entry' if len(found) == 1 else 'entries'} by {names or 'nobody'})"


def _mask_secret(secret: Manifest) -> None:
    for field in ("data", "stringData"):
        for key, value in part(secret, field).items():
            secret[field][key] = f"{MASK}  ({size_of(value, field == 'data')} bytes)"


def size_of(value: Any, encoded: bool) -> int:
    """Bytes of a Secret's value; 0 for what is no text."""
    if not isinstance(value, str):
        return 0
    if not encoded:
        return len(value.encode("utf-8", "replace"))
    try:
        return len(base64.b64decode(value))
    except (binascii.Error, ValueError):
        return len(value)


def _readable(value: Any) -> Any:
    if isinstance(value, dict):
        return {_text(key): _entry(value, key, inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_readable(inner) for inner in value]
    return _text(value) if isinstance(value, str) else value


def _entry(owner: Manifest, key: str, value: Any) -> Any:
    # {name: DATABASE_URL, value: …} is a variable: its name says what its value is.
    name = owner.get("name")
    if key == "value" and isinstance(value, str) and isinstance(name, str) and looks_secret(name, value):
        return MASK
    return _readable(value)


def _text(value: str) -> str:
    value = "\n".join(clean_lines(scrubbed(value), LONGEST, MOST_LINES)) + ("\n" if value.endswith("\n") else "")
    return value if len(value) <= LONGEST * 4 else f"{value[: LONGEST * 4]} …[+{len(value) - LONGEST * 4} chars]"
