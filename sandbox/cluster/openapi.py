"""OpenAPI, as much as kubectl reads before it applies: which kinds there are, and that each takes a dry run.

Every model is open ("x-kubernetes-preserve-unknown-fields"): the server validates, the client
only needs to know the kind.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from aiohttp import web

from sandbox.cluster.discovery import VERSION
from sandbox.cluster.errors import NotAcceptable, NotFound
from sandbox.cluster.kinds import SERVED, Kind
from sandbox.cluster.objects_api import answer

_DRY_RUN = {"name": "dryRun", "in": "query", "schema": {"type": "string"}}
_FIELD_VALIDATION = {"name": "fieldValidation", "in": "query", "schema": {"type": "string"}}


def document(request: web.Request) -> web.Response:
    """Answer /openapi/v2, /openapi/v3 and /openapi/v3/{group version}. Raises NotFound, NotAcceptable."""
    path = request.path.removeprefix("/openapi/").rstrip("/")
    if path == "v2":
        if "protobuf" in request.headers.get("Accept", "") and "json" not in request.headers.get("Accept", ""):
            raise NotAcceptable("only the following media types are accepted: application/json")
        return answer(_v2())
    if path == "v3":
        return answer({"paths": {root: {"serverRelativeURL": f"/openapi/v3/{root}"} for root in _roots()}})
    root = path.removeprefix("v3/")
    if root not in _roots():
        raise NotFound.resource()
    return answer(_v3(root))


def _root(kind: Kind) -> str:
    return f"apis/{kind.api_version}" if kind.group else f"api/{kind.version}"


@cache
def _roots() -> tuple[str, ...]:
    return tuple(dict.fromkeys(_root(kind) for kind in SERVED))


@cache
def _v2() -> Any:
    definitions = {_name(kind): _model(kind) for kind in SERVED}
    paths = {path: item for kind in SERVED for path, item in _paths(kind).items()}
    title = {"title": "Kubernetes", "version": VERSION["gitVersion"]}
    return {"swagger": "2.0", "info": title, "paths": paths, "definitions": definitions}


@cache
def _v3(root: str) -> Any:
    kinds = [kind for kind in SERVED if _root(kind) == root]
    paths = {path: item for kind in kinds for path, item in _paths(kind).items()}
    schemas = {_name(kind): _model(kind) for kind in kinds}
    title = {"title": "Kubernetes", "version": VERSION["gitVersion"]}
    return {"openapi": "3.0.0", "info": title, "paths": paths, "components": {"schemas": schemas}}


def _name(kind: Kind) -> str:
    group = kind.group.partition(".")[0] or "core"
    return f"io.k8s.api.{group}.{kind.version}.{kind.kind}"


def _gvk(kind: Kind) -> dict[str, str]:
    return {"group": kind.group, "version": kind.version, "kind": kind.kind}


def _model(kind: Kind) -> dict[str, Any]:
    fields: dict[str, Any] = {"apiVersion": {"type": "string"}, "kind": {"type": "string"}}
    fields["metadata"] = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    return {
        "type": "object",
        "description": f"{kind.kind} of the sandbox cluster.",
        "properties": fields,
        "x-kubernetes-preserve-unknown-fields": True,
        "x-kubernetes-group-version-kind": [_gvk(kind)],
    }


def _paths(kind: Kind) -> dict[str, Any]:
    scope = "/namespaces/{namespace}" if kind.namespaced else ""
    parameters = [_DRY_RUN, _FIELD_VALIDATION]
    operation = {
        "operationId": f"patch{kind.kind}",
        "parameters": parameters,
        "x-kubernetes-action": "patch",
        "x-kubernetes-group-version-kind": _gvk(kind),
        "responses": {"200": {"description": "OK"}},
    }
    return {f"/{_root(kind)}{scope}/{kind.plural}/{{name}}": {"patch": operation}} if "patch" in kind.verbs else {}
