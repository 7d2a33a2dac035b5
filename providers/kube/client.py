"""Requests to one cluster: raw JSON in, raw JSON out, every wait bounded, every failure a word of the core's."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from providers.core.action import Permission
from providers.core.config import Kubernetes
from providers.core.deferred import Deferred
from providers.core.errors import (
    BackendError,
    ServerFault,
    Throttled,
    TimedOut,
    Unauthenticated,
    Unreachable,
    Untrusted,
)
from providers.core.text import clean
from providers.kube.answers import error_of, garbled
from providers.kube.credentials import Access, load_access
from providers.kube.review import REVIEW_PATH, allowed_in, review_body

if TYPE_CHECKING:
    import aiohttp
else:
    aiohttp = Deferred("aiohttp")

CONNECT_DEADLINE = 3.0
LOGIN_PAUSE = 30.0
"""Seconds between two tries to log in with credentials that were refused: at most two a minute."""
READ_TRIES = 3
LARGEST_ANSWER = 256 * 1024 * 1024
Params = Mapping[str, str | int]

MERGE_PATCH = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"


class _Version(msgspec.Struct, rename="camel"):
    git_version: str = ""


class KubeClient:
    """One cluster as one user. Reads may be tried three times; a write goes out exactly once.

    Every method raises the core's BackendErrors (and ConfigError for the kubeconfig).
    """

    def __init__(self, source: str, settings: Kubernetes) -> None:
        self.source = source
        self.settings = settings
        self.namespace = settings.namespace
        self.skew = 0.0
        """The cluster's clock minus ours, in seconds."""
        self.known_as = ""
        """The user name the cluster answered with; "" before it was asked."""
        self._access: Access | None = None
        self._refused_at = float("-inf")
        self._session: aiohttp.ClientSession | None = None
        self._login = asyncio.Lock()

    @property
    def user(self) -> str:
        """The kubeconfig user (or whom we impersonate); "" before the first request."""
        return self.settings.as_user or (self._access.user if self._access else "")

    @property
    def host(self) -> str:
        return self._access.host if self._access else ""

    async def aclose(self) -> None:
        """Close every connection."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def get(self, path: str, params: Params | None = None, *, deadline: float | None = None) -> bytes:
        """The body of a GET, tried again after a cut, a 5xx or a short 429."""
        for attempt in range(READ_TRIES):
            try:
                return await self._once("GET", path, params, deadline=deadline)
            except Unauthenticated:
                # The credentials were just forgotten: read them anew, once.
                if attempt or self._access is None or not _expired(self._access):
                    raise
            except (Unreachable, ServerFault, Throttled) as error:
                pause = error.retry_after if isinstance(error, Throttled) else 0.2 * 2**attempt
                if attempt + 1 == READ_TRIES or pause > 2.0 or isinstance(error, TimedOut):
                    raise
                await asyncio.sleep(pause)
        raise AssertionError("unreachable: the last try returns or raises")

    async def object(self, path: str, params: Params | None = None) -> dict[str, Any]:
        """The decoded body of a GET. Raises Garbled when it is not a JSON object."""
        body = await self.get(path, params)
        try:
            return msgspec.json.decode(body, type=dict[str, Any])
        except msgspec.DecodeError:
            raise garbled(f"GET {path}", self.source) from None

    async def send(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        content_type: str = "application/json",
        *,
        params: Params | None = None,
        deadline: float | None = None,
    ) -> bytes:
        """One write, sent once. TimedOut and Unreachable mean: outcome unknown."""
        return await self._once(method, path, params, body=body, content_type=content_type, deadline=deadline)

    async def stream(
        self, path: str, params: Params | None = None, *, idle: float | None = None
    ) -> AsyncGenerator[bytes, None]:
        """Yield raw chunks as they come until the server ends; TimedOut when nothing comes for `idle` seconds.

        The first chunk is empty: it says that the server has accepted, whatever comes and when.
        """
        async with self._response("GET", path, params, timeout=None) as response:
            await self._raise_for(response)
            yield b""
            while chunk := await self._chunk(response, idle, path):
                yield chunk

    async def allowed(self, permission: Permission) -> bool:
        """Whether the cluster says we may (SelfSubjectAccessReview)."""
        body = review_body(permission)
        answer = await self._once("POST", REVIEW_PATH, None, body=body, content_type="application/json")
        return allowed_in(answer, self.source)

    async def ping(self) -> tuple[float, str]:
        """(seconds of one small round trip, the cluster's version); also takes its clock from the Date header."""
        await self._credentials()
        started = time.monotonic()
        body = await self._once("GET", "/version", None, deadline=CONNECT_DEADLINE)
        try:
            version = clean(msgspec.json.decode(body, type=_Version).git_version, 40)
        except msgspec.DecodeError:
            raise garbled("GET /version", self.source) from None
        return time.monotonic() - started, version

    async def websocket(self, path: str, protocols: tuple[str, ...]) -> aiohttp.ClientWebSocketResponse:
        """Open a websocket (exec). The caller closes it."""
        access = await self._credentials()
        # Streaming paths promise "*/*"; older servers answer 406 to whoever insists on JSON.
        headers = self._headers(access) | {"Accept": "*/*"}
        try:
            async with asyncio.timeout(self.settings.request_timeout):
                return await self._connected(access).ws_connect(
                    access.host + path, protocols=protocols, headers=headers, max_msg_size=4 * 1024 * 1024
                )
        except aiohttp.WSServerHandshakeError as error:
            raise error_of(error.status, _handshake_body(error, path), error.headers or {}, self.source) from None
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise self._broken(error, path) from None

    async def _once(
        self,
        method: str,
        path: str,
        params: Params | None,
        *,
        body: bytes = b"",
        content_type: str = "",
        deadline: float | None = None,
    ) -> bytes:
        limit = deadline or self.settings.request_timeout
        async with self._response(
            method, path, params, body=body, content_type=content_type, timeout=limit
        ) as response:
            await self._raise_for(response)
            try:
                return await response.read()
            except (aiohttp.ClientError, OSError, TimeoutError) as error:
                raise self._broken(error, path) from None

    @asynccontextmanager
    async def _response(
        self,
        method: str,
        path: str,
        params: Params | None,
        *,
        timeout: float | None,
        body: bytes = b"",
        content_type: str = "",
    ) -> AsyncGenerator[aiohttp.ClientResponse, None]:
        access = await self._credentials()
        headers = self._headers(access) | ({"Content-Type": content_type} if content_type else {})
        if method != "GET":
            # aiohttp sends idempotent methods again when a kept connection turns out dead; a closed one cannot.
            headers["Connection"] = "close"
        limits = aiohttp.ClientTimeout(total=timeout, sock_connect=CONNECT_DEADLINE)
        request = self._connected(access).request(
            method, access.host + path, params=params, data=body or None, headers=headers, timeout=limits,
            proxy=access.proxy, server_hostname=access.server_name, allow_redirects=False,
        )  # fmt: skip
        try:
            response = await request
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise self._broken(error, path) from None
        try:
            self._note_clock(response)
            yield response
        finally:
            # A half-read stream must not go back into the pool.
            response.close()

    async def _raise_for(self, response: aiohttp.ClientResponse) -> None:
        if response.status < 400:
            return
        with suppress(aiohttp.ClientError, OSError, TimeoutError):
            body = await response.content.read(64 * 1024)
            error = error_of(response.status, body, response.headers, self.source)
            if isinstance(error, Unauthenticated):
                self._forget()
            raise error
        raise Unreachable(f"HTTP {response.status}, then the connection broke", source=self.source)

    async def _chunk(self, response: aiohttp.ClientResponse, idle: float | None, path: str) -> bytes:
        try:
            async with asyncio.timeout(idle):
                return await response.content.readany()
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise self._broken(error, path) from None

    async def _credentials(self) -> Access:
        async with self._login:
            if self._access is None or _expired(self._access):
                await self._log_in()
            assert self._access is not None
            return self._access

    async def _log_in(self) -> None:
        before = self._access
        self._access = await load_access(self.settings)
        if before is None or before.transport != self._access.transport:
            await self.aclose()

    def _forget(self) -> None:
        """After a 401 read the credentials anew, but not more often than LOGIN_PAUSE allows."""
        now = time.monotonic()
        if now - self._refused_at >= LOGIN_PAUSE and self._access is not None:
            self._refused_at = now
            self._access = msgspec.structs.replace(self._access, expires=datetime.fromtimestamp(0, UTC))

    def _connected(self, access: Access) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=64, ssl=_tls(access), keepalive_timeout=30)
            self._session = aiohttp.ClientSession(connector=connector, trust_env=False, read_bufsize=1 << 18)
        return self._session

    def _headers(self, access: Access) -> dict[str, str]:
        headers = {"Accept": "application/json", "User-Agent": "fusion-console"}
        if access.authorization is not None:
            headers["Authorization"] = access.authorization.reveal()
        if self.settings.as_user:
            headers["Impersonate-User"] = self.settings.as_user
        return headers

    def _note_clock(self, response: aiohttp.ClientResponse) -> None:
        with suppress(KeyError, ValueError):
            theirs = datetime.strptime(response.headers["Date"], "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=UTC)
            self.skew = (theirs - datetime.now(UTC)).total_seconds()

    def _broken(self, error: BaseException, path: str) -> BackendError:
        where = path.split("?")[0]
        if isinstance(error, aiohttp.ClientConnectorCertificateError | ssl.SSLCertVerificationError):
            return Untrusted(f"{self.host} did not prove who it is: {clean(str(error), 200)}", source=self.source)
        if isinstance(error, TimeoutError):
            return TimedOut(f"no answer in time to {where}", source=self.source)
        if isinstance(error, aiohttp.ClientConnectorError):
            return Unreachable(f"{self.host}: {_said(error.os_error)}", source=self.source)
        return Unreachable(f"the connection broke during {where}: {clean(str(error), 120)}", source=self.source)


def _said(error: OSError) -> str:
    """ "connection refused" for what Python calls "[Errno 111] Connect call failed ('10.0.0.1', 443)"."""
    # The numbers of TLS and of name look-ups mean something else.
    if isinstance(error, ssl.SSLError | socket.gaierror) or not error.errno:
        return clean(error.strerror or str(error), 160)
    return os.strerror(error.errno).lower()


def _tls(access: Access) -> ssl.SSLContext | bool:
    if not access.host.startswith("https"):
        return True
    context = ssl.create_default_context(cafile=access.ca_file)
    if access.cert_file:
        context.load_cert_chain(access.cert_file, access.key_file)
    if not access.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    # Clusters made by kubeadm and EKS alike carry certificates without an authority key identifier.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def _expired(access: Access) -> bool:
    return access.expires is not None and datetime.now(UTC) >= access.expires - timedelta(seconds=30)


def _handshake_body(error: aiohttp.WSServerHandshakeError, path: str) -> bytes:
    # The handshake's body is lost in aiohttp; say at least which right it was about.
    namespace, pod = path.split("/")[4], path.split("/")[6]
    text = f'cannot create resource "pods/exec" in API group "" in the namespace "{namespace}" (pod {pod})'
    return msgspec.json.encode({"message": text if error.status == 403 else f"{error.message}"})
