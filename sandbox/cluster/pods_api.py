"""Logs, exec and the proxies: what reaches into a pod."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import msgspec
from aiohttp import WSMsgType, web

from sandbox.cluster.address import Address
from sandbox.cluster.errors import ApiError, BadRequest, NotFound
from sandbox.cluster.seams import ConnectionRefused, LogLine, LogQuery, LogUnavailable, Manifest, Process, Runtime
from sandbox.cluster.store import Store
from sandbox.cluster.terminal import Discipline, printed

CHANNELS = {"stdout": 1, "stderr": 2}
STATUS_CHANNEL = 3
PROTOCOLS = ("v5.channel.k8s.io", "v4.channel.k8s.io")


class ServiceUnavailable(ApiError):
    """Nobody answers behind a proxy."""

    code = 503
    reason = "ServiceUnavailable"


_OPENS = 0.05
"""Seconds in which a log that cannot be read is sure to have said so."""


class PodsApi:
    """Asks the runtime on behalf of clients."""

    def __init__(self, store: Store, runtime: Runtime) -> None:
        self._store = store
        self._runtime = runtime

    async def log(self, request: web.Request, address: Address) -> web.StreamResponse:
        """GET …/log. Raises NotFound, BadRequest in the kubelet's words."""
        pod = self._store.get("pods", address.namespace, address.name)
        query = _log_query(request, _container(pod, request.query.get("container", "")))
        lines = self._runtime.logs(address.namespace or "", address.name, query)
        first = asyncio.ensure_future(_first(lines))
        try:
            # A log that cannot be read says so at once; one that is only silent is opened all the same.
            await asyncio.wait([first], timeout=_OPENS)
            if first.done():
                first.result()
            response = web.StreamResponse(headers={"Content-Type": "text/plain"})
            await response.prepare(request)
            room = int(request.query.get("limitBytes") or 0) or None
            stamped = request.query.get("timestamps") in ("true", "1")
            with suppress(ConnectionError):
                await _write_lines(response, first, lines, stamped, room)
                await response.write_eof()
        finally:
            first.cancel()
        return response

    async def proxy(self, request: web.Request, address: Address) -> web.Response:
        """…/pods|services/name:port/proxy/path."""
        name, _, port = address.name.removeprefix("http:").partition(":")
        pod, target = name, int(port or 80)
        if address.kind.key == "services":
            pod, target = self._behind(address.namespace, name, port)
        path = "/" + address.rest + (f"?{request.query_string}" if request.query_string else "")
        try:
            found = await self._runtime.http(
                address.namespace or "", pod, target, request.method, path, dict(request.headers), await request.read()
            )
        except (ConnectionRefused, LookupError):
            text = f"error trying to reach service: dial tcp {pod}:{target}: connect: connection refused"
            raise ServiceUnavailable(text) from None
        return web.Response(status=found.status, body=found.body, headers=dict(found.headers))

    def _behind(self, namespace: str | None, name: str, port: str) -> tuple[str, int]:
        self._store.get("services", namespace, name)
        for subset in self._store.get("endpoints", namespace, name).get("subsets") or ():
            for address in subset.get("addresses") or ():
                ports = subset.get("ports") or [{}]
                chosen = next((p for p in ports if port in ("", p.get("name"), str(p.get("port")))), ports[0])
                return address.get("targetRef", {}).get("name", ""), int(chosen.get("port", 80))
        raise ServiceUnavailable(f'no endpoints available for service "{name}"')

    async def exec(self, request: web.Request, address: Address) -> web.StreamResponse:
        """Websocket exec, v4 and v5: channel byte, then data; the exit code on the status channel."""
        pod = self._store.get("pods", address.namespace, address.name)
        container = _container(pod, request.query.get("container", ""))
        argv = request.query.getall("command", [])
        tty = request.query.get("tty") in ("true", "1")
        if request.headers.get("Upgrade", "").lower() != "websocket":
            raise BadRequest("Upgrade request required")
        socket = web.WebSocketResponse(protocols=PROTOCOLS)
        await socket.prepare(request)
        try:
            process = await self._runtime.exec(address.namespace or "", address.name, container, argv, tty=tty)
        except (FileNotFoundError, LookupError) as error:
            await _finish(socket, 126, f'error executing command in container: exec: "{argv[0]}": {error}')
            return socket
        terminal = Discipline() if tty else None
        feeding = asyncio.create_task(_feed(socket, process, terminal))
        try:
            async for stream, chunk in process.output():
                await socket.send_bytes(bytes([CHANNELS[stream]]) + (printed(chunk) if tty else chunk))
            await _finish(socket, process.exit_code or 0)
        except ConnectionError:
            pass
        finally:
            feeding.cancel()
            await process.kill()
        return socket


def _container(pod: Manifest, asked: str) -> str:
    names = [c["name"] for c in (*pod["spec"].get("initContainers", ()), *pod["spec"]["containers"])]
    name = pod["metadata"]["name"]
    if asked and asked not in names:
        raise BadRequest(f"container {asked} is not valid for pod {name}")
    if not asked and len(pod["spec"]["containers"]) > 1:
        choices = " ".join(c["name"] for c in pod["spec"]["containers"])
        raise BadRequest(f"a container name must be specified for pod {name}, choose one of: [{choices}]")
    return asked or str(pod["spec"]["containers"][0]["name"])


def _log_query(request: web.Request, container: str) -> LogQuery:
    asked, since = request.query, None
    if asked.get("sinceSeconds"):
        since = datetime.now(UTC) - timedelta(seconds=int(asked["sinceSeconds"]))
    elif asked.get("sinceTime"):
        since = datetime.fromisoformat(asked["sinceTime"][:26].rstrip("Z")).replace(tzinfo=UTC)
    return LogQuery(
        container,
        previous=asked.get("previous") in ("true", "1"),
        follow=asked.get("follow") in ("true", "1"),
        tail=int(asked["tailLines"]) if asked.get("tailLines") else None,
        since=since,
    )


async def _first(lines: AsyncIterator[LogLine]) -> LogLine | None:
    """The first line; the runtime says only now whether there is such a log."""
    try:
        return await anext(lines)
    except StopAsyncIteration:
        return None
    except LogUnavailable as error:
        raise BadRequest(str(error)) from None
    except LookupError as error:
        raise NotFound(str(error)) from None


async def _write_lines(
    response: web.StreamResponse, pending: asyncio.Future[LogLine | None], lines: AsyncIterator[LogLine],
    stamped: bool, room: int | None,
) -> None:  # fmt: skip
    buffer = bytearray()
    try:
        while True:
            # Gather what is there, then send it: a flood in single writes would stall everybody.
            done, _ = await asyncio.wait([pending], timeout=0.0 if len(buffer) < 65_536 else None)
            if not done or len(buffer) >= 65_536:
                if await _send(response, buffer, room):
                    return
                room = None if room is None else room - len(buffer)
                buffer.clear()
            line = await pending
            if line is None:
                await _send(response, buffer, room)
                return
            buffer += _text(line, stamped)
            pending = asyncio.ensure_future(_next(lines))
    finally:
        pending.cancel()


async def _send(response: web.StreamResponse, buffer: bytearray, room: int | None) -> bool:
    """True when the byte limit is reached."""
    if buffer:
        await response.write(bytes(buffer if room is None else buffer[:room]))
    return room is not None and len(buffer) >= room


async def _next(lines: AsyncIterator[LogLine]) -> LogLine | None:
    return await anext(lines, None)


def _text(line: LogLine, stamped: bool) -> bytes:
    stamp = f"{line.at:%Y-%m-%dT%H:%M:%S}.{line.nanos:09d}Z ".encode() if stamped else b""
    return stamp + line.text + b"\n"


async def _feed(socket: web.WebSocketResponse, process: Process, terminal: Discipline | None) -> None:
    async for message in socket:
        if message.type is WSMsgType.BINARY and message.data[:1] == b"\0":
            if terminal is None:
                await process.feed(message.data[1:])
            else:
                await _type(socket, process, terminal.typed(message.data[1:]))
    await process.kill()


async def _type(socket: web.WebSocketResponse, process: Process, typed: tuple[bytes, bytes, bool]) -> None:
    shown, read, ended = typed
    if shown:
        await socket.send_bytes(bytes([CHANNELS["stdout"]]) + shown)
    if read:
        await process.feed(read)
    if ended:
        await process.feed(b"")


async def _finish(socket: web.WebSocketResponse, code: int, text: str = "") -> None:
    if code == 0:
        status: dict[str, object] = {"metadata": {}, "status": "Success"}
    else:
        message = text or f"command terminated with non-zero exit code: exit status {code}"
        causes = [{"reason": "ExitCode", "message": str(code)}]
        status = {
            "metadata": {}, "status": "Failure", "reason": "NonZeroExitCode", "message": message,
            "details": {"causes": causes},
        }  # fmt: skip
    with suppress(ConnectionError):
        await socket.send_bytes(bytes([STATUS_CHANNEL]) + msgspec.json.encode(status))
        await socket.close()
