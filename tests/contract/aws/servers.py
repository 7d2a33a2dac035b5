"""Small HTTP servers in AWS's place: they answer what a test recorded, or do not answer at all; and they count."""

from __future__ import annotations

import asyncio
import ssl
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Final
from urllib.parse import parse_qs, urlsplit

Reply = tuple[int, str]
Answer = Reply | Callable[[Mapping[str, str]], Reply]
XML: Final = "text/xml"
WHO: Final = """<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
<Arn>arn:aws:sts::444455556666:assumed-role/OnCall/ann</Arn><UserId>AROA:ann</UserId><Account>444455556666</Account>
</GetCallerIdentityResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></GetCallerIdentityResponse>"""


def refusal(code: str, message: str, status: int = 400) -> Reply:
    """An error as the query protocol has it."""
    return status, (
        f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
        "<RequestId>r</RequestId></ErrorResponse>"
    )


class Server:
    """Answers the query protocol by the action's name; `asked` counts every request that arrived whole."""

    def __init__(self, answers: Mapping[str, Answer], upstream: str = "", lose: str = "") -> None:
        self.asked: Counter[str] = Counter()
        self.url = ""
        self.lose = lose
        """The action whose answer never comes back."""
        self._answers = {"GetCallerIdentity": (200, WHO)} | dict(answers)
        self._upstream = urlsplit(upstream)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request a connection."""
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            body = await reader.readexactly(_length(head))
            params = {name: values[0] for name, values in parse_qs(body.decode()).items()}
            action = params.get("Action", head.split(b" ", 1)[0].decode())
            self.asked[action] += 1
            reply = await self._reply(action, params, head + body)
            if action == self.lose:
                writer.transport.abort()
                return
            writer.write(reply)
            await writer.drain()
        writer.close()

    async def _reply(self, action: str, params: Mapping[str, str], request: bytes) -> bytes:
        answer = self._answers.get(action)
        if self._upstream.hostname and (answer is None or action == "GetCallerIdentity"):
            return await self._passed_on(request)
        if answer is None:
            answer = refusal("InvalidAction", f"Could not find operation {action}")
        status, text = answer(params) if callable(answer) else answer
        data = text.encode()
        kind = XML if text.startswith("<") else "application/json"
        head = (
            f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {len(data)}\r\nConnection: close\r\n\r\n"
        )
        return head.encode() + data

    async def _passed_on(self, request: bytes) -> bytes:
        reader, writer = await asyncio.open_connection(self._upstream.hostname, self._upstream.port)
        writer.write(request)
        answer = await reader.read()
        writer.close()
        return answer


@asynccontextmanager
async def serving(
    answers: Mapping[str, Answer] | None = None,
    *,
    upstream: str = "",
    lose: str = "",
    tls: ssl.SSLContext | None = None,
) -> AsyncGenerator[Server, None]:
    """A server, listening; what it has no answer for goes to `upstream`, if there is one."""
    server = Server(answers or {}, upstream, lose)
    listener = await asyncio.start_server(server.serve, "127.0.0.1", 0, ssl=tls)
    server.url = f"http{'s' if tls else ''}://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    try:
        yield server
    finally:
        listener.close()


@asynccontextmanager
async def silent() -> AsyncGenerator[str, None]:
    """A server that accepts and never says a word; its address."""
    held: list[asyncio.StreamWriter] = []
    listener = await asyncio.start_server(lambda _, writer: held.append(writer), "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    finally:
        listener.close()
        for writer in held:
            writer.transport.abort()


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0
