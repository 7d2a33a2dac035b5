"""Get, list, watch, create, replace, patch, delete of stored objects."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncGenerator
from typing import Any

import msgspec
from aiohttp import web

from sandbox.cluster import table
from sandbox.cluster.address import Address
from sandbox.cluster.admission import note_writer
from sandbox.cluster.errors import ApiError, BadRequest, Gone
from sandbox.cluster.patch import apply, decode
from sandbox.cluster.seams import Manifest
from sandbox.cluster.selectors import Selection, parse_fields, parse_labels
from sandbox.cluster.store import Store

BOOKMARK_EVERY = 30.0
JSON = "application/json"


def answer(document: Any, status: int = 200) -> web.Response:
    """A document as JSON."""
    body = document if isinstance(document, bytes) else msgspec.json.encode(document)
    return web.Response(body=body, status=status, content_type=JSON)


class ObjectsApi:
    """The verbs on one store."""

    def __init__(self, store: Store, over: asyncio.Event) -> None:
        self._store = store
        self._over = over

    async def serve(self, request: web.Request, address: Address) -> web.StreamResponse:
        """Answer one request that was allowed. Raises ApiError."""
        match address.verb:
            case "get":
                return self._get(request, address)
            case "list":
                return self._list(request, address)
            case "watch":
                return await self._watch(request, address)
            case "create":
                return answer(self._create(address, await _body(request), _dry(request)), 201)
            case "update":
                return self._update(address, await _body(request), _dry(request))
            case "patch":
                return self._patch(request, address, await request.read())
            case "delete":
                return self._delete(address, await _delete_options(request))
        return self._delete_all(request, address)

    def _get(self, request: web.Request, address: Address) -> web.Response:
        record = self._store.record(address.kind.key, address.namespace, address.name)
        if address.subresource == "scale":
            return answer(_scale(record.obj))
        if table.wanted(request.headers.get("Accept", "")):
            return answer(table.table(address.kind, [record], record.revision))
        return answer(record.full)

    def _list(self, request: web.Request, address: Address) -> web.Response:
        selection = _selection(request, address)
        every = [r for r in self._store.records(address.kind.key, address.namespace) if selection.accepts(r.obj)]
        start, limit = self._page(request), int(request.query.get("limit") or 0)
        shown = every[start : start + limit] if limit else every[start:]
        if table.wanted(request.headers.get("Accept", "")):
            whole = request.query.get("includeObject") == "Object"
            return answer(table.table(address.kind, shown, self._store.revision, whole=whole))
        left = len(every) - start - len(shown)
        token = base64.b64encode(f"{self._store.revision}:{start + limit}".encode()).decode() if left > 0 else ""
        meta = {"resourceVersion": str(self._store.revision)} | (
            {"continue": token, "remainingItemCount": left} if token else {}
        )
        kind = address.kind
        head = msgspec.json.encode({"kind": f"{kind.kind}List", "apiVersion": kind.api_version, "metadata": meta})
        return answer(head[:-1] + b',"items":[' + b",".join(record.full for record in shown) + b"]}")

    def _page(self, request: web.Request) -> int:
        token = request.query.get("continue", "")
        if not token:
            return 0
        try:
            revision, _, start = base64.b64decode(token).decode().partition(":")
            at = int(start)
        except ValueError:
            raise BadRequest("continue key is not valid") from None
        if int(revision) < self._store.compacted:
            raise Gone("The provided continue parameter is too old to display a consistent list result.")
        return at

    async def _watch(self, request: web.Request, address: Address) -> web.StreamResponse:
        selection = _selection(request, address)
        response = web.StreamResponse(headers={"Content-Type": JSON})
        await response.prepare(request)
        seconds = float(request.query.get("timeoutSeconds") or 3600)
        try:
            async with asyncio.timeout(seconds):
                async for line in self._lines(request, address, selection):
                    await response.write(line)
        except TimeoutError:
            pass
        except ApiError as error:
            await response.write(msgspec.json.encode({"type": "ERROR", "object": error.status()}) + b"\n")
        await response.write_eof()
        return response

    async def _lines(self, request: web.Request, address: Address, selection: Selection) -> AsyncGenerator[bytes, None]:
        as_table = table.wanted(request.headers.get("Accept", ""))
        key, stir = address.kind.key, asyncio.Event()
        journal = self._store.journal(key)
        text = request.query.get("resourceVersion", "")
        seen = int(text) if text not in ("", "0") else self._store.revision
        if text in ("", "0"):
            for record in self._store.records(key, address.namespace):
                if selection.accepts(record.obj):
                    yield _line("ADDED", record, as_table)
        journal.attach(stir)
        try:
            while not self._over.is_set():
                stir.clear()
                for change in self._store.since(key, seen):
                    seen = change.revision
                    if kind := _seen_as(change, selection):
                        yield _line(kind, change.record, as_table)
                try:
                    async with asyncio.timeout(BOOKMARK_EVERY):
                        await stir.wait()
                except TimeoutError:
                    if request.query.get("allowWatchBookmarks"):
                        yield self._bookmark(address)
        finally:
            journal.detach(stir)

    def _bookmark(self, address: Address) -> bytes:
        kind = address.kind
        meta = {"resourceVersion": str(self._store.revision), "creationTimestamp": None}
        marked = {"kind": kind.kind, "apiVersion": kind.api_version, "metadata": meta}
        return msgspec.json.encode({"type": "BOOKMARK", "object": marked}) + b"\n"

    def _create(self, address: Address, body: Manifest, dry: bool) -> Manifest:
        meta = body.setdefault("metadata", {})
        if address.namespace:
            meta["namespace"] = address.namespace
        return self._store.create(address.kind.key, body, dry=dry)

    def _update(self, address: Address, body: Manifest, dry: bool) -> web.Response:
        if address.subresource == "scale":
            return self._rescale(address, body, dry)
        done = self._store.replace(address.kind.key, body, subresource=address.subresource or None, dry=dry)
        return answer(done)

    def _rescale(self, address: Address, body: Manifest, dry: bool) -> web.Response:
        copy = self._store.record(address.kind.key, address.namespace, address.name).copy()
        copy["spec"]["replicas"] = body["spec"].get("replicas", 0)
        return answer(_scale(self._store.replace(address.kind.key, copy, dry=dry)))

    def _patch(self, request: web.Request, address: Address, raw: bytes) -> web.Response:
        content_type = request.headers.get("Content-Type", "").split(";")[0]
        document = decode(content_type, raw)
        record = self._store.record(address.kind.key, address.namespace, address.name)
        if address.subresource == "scale":
            return self._rescale(address, apply(_scale(record.obj), content_type, document), _dry(request))
        patched = apply(record.copy(), content_type, document)
        if address.kind.key == "deployments.apps" and not address.subresource:
            note_writer(address.kind, patched, _writer(request), "Update")
        part = address.subresource or None
        return answer(self._store.replace(address.kind.key, patched, subresource=part, dry=_dry(request)))

    def _delete(self, address: Address, options: Manifest) -> web.Response:
        conditions = options.get("preconditions") or {}
        grace = options.get("gracePeriodSeconds")
        gone = self._store.delete(
            address.kind.key, address.namespace, address.name,
            grace=None if grace is None else int(grace), propagation=options.get("propagationPolicy") or "Background",
            uid=conditions.get("uid"), revision=conditions.get("resourceVersion"), dry=options.get("dryRun") == ["All"],
        )  # fmt: skip
        return answer(gone)

    def _delete_all(self, request: web.Request, address: Address) -> web.Response:
        selection = _selection(request, address)
        for record in self._store.records(address.kind.key, address.namespace):
            if selection.accepts(record.obj):
                self._store.delete(address.kind.key, record.namespace or None, record.name)
        return answer({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"})


def _selection(request: web.Request, address: Address) -> Selection:
    fields = list(parse_fields(address.kind, request.query.get("fieldSelector", "")))
    if address.name:
        fields.append(("metadata.name", "=", address.name))
    return Selection(address.namespace, parse_labels(request.query.get("labelSelector", "")), tuple(fields))


def _seen_as(change: Any, selection: Selection) -> str:
    """What a watcher with a selector sees of a change: coming into sight is ADDED, going out of it DELETED."""
    now = change.type != "DELETED" and selection.accepts(change.record.obj)
    before = change.previous is not None and selection.accepts(change.previous.obj)
    if now:
        return "MODIFIED" if before else "ADDED"
    return "DELETED" if before else ""


def _line(kind: str, record: Any, as_table: bool) -> bytes:
    body = msgspec.json.encode(table.table(record.kind, [record], record.revision)) if as_table else record.full
    return b'{"type":"%b","object":%b}\n' % (kind.encode(), body)


def _scale(obj: Manifest) -> Manifest:
    meta = {
        key: obj["metadata"].get(key) for key in ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    }
    return {
        "kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": meta,
        "spec": {"replicas": obj["spec"].get("replicas", 0)},
        "status": {"replicas": (obj.get("status") or {}).get("replicas", 0)},
    }  # fmt: skip


def _writer(request: web.Request) -> str:
    return request.query.get("fieldManager") or request.headers.get("User-Agent", "unknown").split("/")[0]


def _dry(request: web.Request) -> bool:
    return request.query.get("dryRun") == "All"


async def _body(request: web.Request) -> Manifest:
    try:
        decoded: Manifest = msgspec.json.decode(await request.read(), type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise BadRequest(f"the object provided is unrecognized (must be of type JSON): {error}") from None
    return decoded


async def _delete_options(request: web.Request) -> Manifest:
    """From the body where there is one, and only then from the query: a `dryRun` in the query beside a body counts for
    nothing (apiserver/pkg/endpoints/handlers/delete.go)."""
    if request.can_read_body and await request.read():
        return await _body(request)
    query = request.query
    return {**query, "dryRun": query.getall("dryRun", [])}
