"""The patches of the API: JSON merge patch, strategic merge patch, JSON patch, and apply."""

from __future__ import annotations

import copy
from typing import Any

import jsonpatch
import msgspec
import yaml

from sandbox.cluster.errors import BadRequest, Invalid, UnsupportedMedia
from sandbox.cluster.seams import Manifest
from sandbox.cluster.strategic import merge as strategic_merge

MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
JSON = "application/json-patch+json"
APPLY = "application/apply-patch+yaml"


def decode(content_type: str, body: bytes) -> Any:
    """Read the body of a patch. Raises BadRequest, UnsupportedMedia."""
    if content_type not in (MERGE, STRATEGIC, JSON, APPLY):
        accepted = ", ".join((JSON, MERGE, STRATEGIC, APPLY))
        raise UnsupportedMedia(
            f"the body of the request was in an unknown format - accepted media types include: {accepted}"
        )
    try:
        document = yaml.safe_load(body) if content_type == APPLY else msgspec.json.decode(body)
    except (yaml.YAMLError, msgspec.DecodeError) as error:
        raise BadRequest(f"error decoding patch: {error}") from error
    if not isinstance(document, list if content_type == JSON else dict):
        raise BadRequest("error decoding patch: not an object" if content_type != JSON else "error decoding patch")
    return document


def apply(obj: Manifest, content_type: str, document: Any) -> Manifest:
    """The object after the patch; `obj` is left alone. Raises Invalid for a JSON patch that does not fit."""
    if content_type == JSON:
        return _json_patch(obj, document)
    patched: Manifest = (merged if content_type == MERGE else strategic_merge)(obj, document)
    return patched


def merged(target: Any, change: Any) -> Any:
    """RFC 7386."""
    if not isinstance(change, dict):
        return change
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in change.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result


def _json_patch(obj: Manifest, document: Any) -> Manifest:
    try:
        patched: Manifest = jsonpatch.apply_patch(copy.deepcopy(obj), document)
    except jsonpatch.InvalidJsonPatch as error:
        raise BadRequest(f"error decoding patch: {error}") from error
    except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException) as error:
        text = "the server rejected our request due to an error in our request"
        details = {"causes": [{"reason": "UnexpectedServerResponse", "message": str(error)}]}
        raise Invalid(text, details) from error
    return patched
