"""Running a command in a container, over the v4 websocket protocol."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import msgspec

from providers.core.deferred import Deferred
from providers.core.errors import TimedOut, Unreachable
from providers.kube.client import KubeClient

if TYPE_CHECKING:
    import aiohttp
else:
    aiohttp = Deferred("aiohttp")

LIMIT = 256 * 1024
DEADLINE = 10.0


class ExecResult(msgspec.Struct, frozen=True):
    """`exit_code` is None when the link broke before the command ended: then it is not known what became of it."""

    exit_code: int | None
    stdout: bytes
    stderr: bytes
    cut: bool


async def run_in(
    client: KubeClient, namespace: str, pod: str, container: str, argv: list[str], *, deadline: float = DEADLINE
) -> ExecResult:
    """Run to its end with at most LIMIT bytes of output. Raises Denied, NotFound, TimedOut, Unreachable."""
    query = urlencode(
        [("container", container), ("stdout", "1"), ("stderr", "1"), *(("command", word) for word in argv)]
    )
    path = f"/api/v1/namespaces/{namespace}/pods/{pod}/exec?{query}"
    socket = await client.websocket(path, ("v4.channel.k8s.io",))
    try:
        async with asyncio.timeout(deadline):
            return await _collect(socket)
    except TimeoutError:
        raise TimedOut(f"{argv[0]} in {pod} did not end within {deadline:g} s", source=client.source) from None
    except (aiohttp.ClientError, OSError):
        raise Unreachable(f"the connection to {pod} broke", source=client.source) from None
    finally:
        await socket.close()


async def _collect(socket: aiohttp.ClientWebSocketResponse) -> ExecResult:
    streams = {1: bytearray(), 2: bytearray(), 3: bytearray()}
    cut = False
    async for message in socket:
        if message.type is not aiohttp.WSMsgType.BINARY or not message.data:
            continue
        into = streams.get(message.data[0])
        if into is not None:
            cut = cut or len(into) + len(message.data) > LIMIT
            into += message.data[1 : max(1, LIMIT - len(into))]
    return ExecResult(_exit_code(bytes(streams[3])), bytes(streams[1]), bytes(streams[2]), cut)


class _Cause(msgspec.Struct):
    reason: str = ""
    message: str = ""


class _Details(msgspec.Struct):
    causes: list[_Cause] = []


class _Status(msgspec.Struct):
    status: str = ""
    details: _Details | None = None


def _exit_code(channel: bytes) -> int | None:
    """The status channel: Success, or the exit code among its causes."""
    try:
        status = msgspec.json.decode(channel, type=_Status)
    except msgspec.DecodeError:
        return None
    if status.status == "Success":
        return 0
    causes = status.details.causes if status.details else []
    code = next((cause.message for cause in causes if cause.reason == "ExitCode"), "")
    return int(code) if code.isdecimal() else 126
