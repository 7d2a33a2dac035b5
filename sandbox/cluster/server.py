"""The API server: TLS, users, rights, faults, and the way to whoever answers."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import msgspec
from aiohttp import web

from sandbox.cluster import openapi
from sandbox.cluster.access import Attributes, Policy, User
from sandbox.cluster.address import Address, parse
from sandbox.cluster.discovery import document
from sandbox.cluster.errors import ApiError, BadRequest, NotFound, TooManyRequests
from sandbox.cluster.objects_api import ObjectsApi, answer
from sandbox.cluster.pods_api import PodsApi
from sandbox.cluster.protobuf import MAGIC, self_review
from sandbox.cluster.request_log import Entry, RequestLog
from sandbox.cluster.reviews import review
from sandbox.cluster.seams import Runtime
from sandbox.cluster.store import Store
from sandbox.cluster.trouble import Trouble
from sandbox.cluster.users import Tokens

OPEN_PATHS = frozenset({"/healthz", "/readyz", "/livez", "/version"})
REVIEWS = frozenset({"SelfSubjectAccessReview", "SelfSubjectRulesReview", "SelfSubjectReview"})


class Server:
    """Routes one request at a time; knows no protocol below HTTP."""

    def __init__(self, store: Store, runtime: Runtime, tokens: Tokens, policy: Policy) -> None:
        self.over = asyncio.Event()
        self.log = RequestLog()
        self.trouble = Trouble()
        self.policy = policy
        self._store = store
        self._runtime = runtime
        self._tokens = tokens
        self._objects = ObjectsApi(store, self.over)
        self._pods = PodsApi(store, runtime)

    def app(self) -> web.Application:
        """The aiohttp application."""
        app = web.Application(client_max_size=16 * 1024 * 1024)
        app.router.add_route("*", "/{path:.*}", self._handle)
        return app

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        user, status = "", 0
        try:
            await self.trouble.before(request)
            found = self._tokens.owner(request.headers.get("Authorization", ""))
            user = found.name
            response = await self._serve(request, found)
            status = response.status
        except ApiError as error:
            status = error.code
            response = answer(error.status(), status)
            if isinstance(error, TooManyRequests):
                response.headers["Retry-After"] = "1"
        finally:
            self.log.add(Entry(datetime.now(UTC), user, request.method, request.path_qs, status))
        return response

    async def _serve(self, request: web.Request, user: User) -> web.StreamResponse:
        if request.path in OPEN_PATHS - {"/version"}:
            return web.Response(text="ok")
        found = document(request.path)
        if found is not None and request.method == "GET":
            return answer(found)
        if request.path.startswith("/openapi/") and request.method == "GET":
            return openapi.document(request)
        if not request.path.startswith(("/api/", "/apis/")):
            raise NotFound.resource()
        address = parse(request.method, request.path, request.query)
        if address.kind.kind in REVIEWS:
            return answer(review(address.kind.kind, await _asked(request), user, self.policy), 201)
        self.policy.enforce(user, _attributes(address))
        return await self._dispatch(request, address)

    async def _dispatch(self, request: web.Request, address: Address) -> web.StreamResponse:
        match address.subresource:
            case "log":
                return await self._pods.log(request, address)
            case "exec":
                return await self._pods.exec(request, address)
            case "proxy":
                return await self._pods.proxy(request, address)
            case "portforward":
                raise BadRequest("port-forward is not offered here; the proxy subresource leads to any port of a pod")
        if address.kind.group == "metrics.k8s.io":
            return answer(self._metrics(address))
        if not address.kind.stored:
            raise NotFound.resource()
        return await self._objects.serve(request, address)

    def _metrics(self, address: Address) -> dict[str, Any]:
        if address.kind.plural == "nodes":
            items = self._runtime.node_metrics()
        else:
            items = self._runtime.pod_metrics(address.namespace)
        if address.name:
            one = next((item for item in items if item["metadata"]["name"] == address.name), None)
            if one is None:
                raise NotFound.of(address.kind.key, address.name)
            return one
        kind = f"{address.kind.kind}List"
        return {"kind": kind, "apiVersion": "metrics.k8s.io/v1beta1", "metadata": {}, "items": items}


async def _asked(request: web.Request) -> dict[str, Any]:
    body = await request.read()
    if body.startswith(MAGIC):
        return self_review(body)
    try:
        asked: dict[str, Any] = msgspec.json.decode(body, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise BadRequest(f"the review is not JSON: {error}") from None
    return asked


def _attributes(address: Address) -> Attributes:
    verb = {"exec": "create", "log": "get"}.get(address.subresource, address.verb)
    namespace = address.namespace or ""
    return Attributes(verb, address.kind.group, address.resource, namespace, address.name.partition(":")[0])
