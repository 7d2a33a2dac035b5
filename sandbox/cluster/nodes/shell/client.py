"""curl and wget, as far as an operator uses them, and a Redis client."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from urllib.parse import urlsplit

import aiohttp

from sandbox.cluster.nodes.network import Address, Reach
from sandbox.cluster.nodes.programs.box import Ask
from sandbox.cluster.nodes.shell.call import Call, Command
from sandbox.cluster.seams import HttpAnswer

_VALUED = (
    "-X", "--request", "-H", "--header", "-d", "--data", "--data-raw", "-o", "--output", "-w", "--write-out", "-m",
    "--max-time", "--connect-timeout", "-u", "-A", "--retry",
)  # fmt: skip
_TIMEOUT = 10.0


class Unreached(OSError):
    """No answer; `code` is curl's exit code."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


async def _request(call: Call, host: str, ask: Ask, timeout: float) -> HttpAnswer:
    real = call.network.dial.get((host, ask.port))
    if real is not None:
        return await _outside(real, host, ask, timeout)
    answer = call.network.request(call.box, host, ask)
    if answer is not None:
        return answer
    reach = await call.network.reach(call.box, host, ask.port, timeout)
    if reach is Reach.UNKNOWN:
        raise Unreached(6, f"Could not resolve host: {host}")
    if reach is Reach.LOST:
        raise Unreached(28, f"Connection timed out after {int(timeout * 1000)} milliseconds")
    raise Unreached(7, f"Failed to connect to {host} port {ask.port} after 2 ms: Could not connect to server")


async def _outside(real: Address, host: str, ask: Ask, timeout: float) -> HttpAnswer:
    limit = aiohttp.ClientTimeout(total=timeout)
    url = f"http://{real[0]}:{real[1]}{ask.path}"
    headers = {"Host": host, **ask.headers}
    try:
        async with (
            aiohttp.ClientSession(timeout=limit) as session,
            session.request(ask.method, url, headers=headers, data=ask.body or None, allow_redirects=False) as got,
        ):
            return HttpAnswer(got.status, await got.read(), dict(got.headers))
    except TimeoutError as late:
        raise Unreached(28, f"Operation timed out after {int(timeout * 1000)} milliseconds") from late
    except aiohttp.ClientError as lost:
        raise Unreached(7, f"Failed to connect to {host} port {ask.port}: Could not connect to server") from lost


def _ask(call: Call, url: str) -> tuple[str, Ask]:
    parts = urlsplit(url if "://" in url else f"http://{url}")
    body = call.option("--data-raw", "--data", "-d")
    method = call.option("-X", "--request") or ("POST" if body is not None else "GET")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    pairs = [call.args[i + 1] for i, a in enumerate(call.args[:-1]) if a in ("-H", "--header")]
    headers = {n.strip(): v.strip() for n, _, v in (p.partition(":") for p in pairs)}
    return parts.hostname or "", Ask(port, method, path, headers, (body or "").encode())


async def curl(call: Call) -> int:
    """-s -S -f -i -I -X -H -d -o -w -m."""
    flags = "".join(a[1:] for a in call.args if a.startswith("-") and not a.startswith("--"))
    urls = call.operands(*_VALUED)
    if not urls:
        return await call.complain("curl: (2) no URL specified", 2)
    host, ask = _ask(call, urls[0])
    timeout = float(call.option("-m", "--max-time", "--connect-timeout") or _TIMEOUT)
    try:
        answer = await _request(call, host, ask, timeout)
    except Unreached as lost:
        quiet = "s" in flags and "S" not in flags
        return lost.code if quiet else await call.complain(f"curl: ({lost.code}) {lost}", lost.code)
    if "f" in flags and answer.status >= 400:
        return await call.complain(f"curl: (22) The requested URL returned error: {answer.status}", 22)
    await _print(call, answer, flags)
    return 0


async def _print(call: Call, answer: HttpAnswer, flags: str) -> None:
    if "i" in flags or "I" in flags:
        head = [f"HTTP/1.1 {answer.status} {'OK' if answer.status < 400 else 'Error'}"]
        head += [f"{name}: {value}" for name, value in answer.headers.items()]
        await call.out.write("\r\n".join([*head, f"Content-Length: {len(answer.body)}", "", ""]).encode())
    if "I" not in flags and call.option("-o", "--output") is None:
        for start in range(0, len(answer.body), 32_768):
            await call.out.write(answer.body[start : start + 32_768])
    if (form := call.option("-w", "--write-out")) is not None:
        text = form.replace("%{http_code}", str(answer.status)).replace("%{time_total}", "0.004212")
        await call.out.write(text.replace("\\n", "\n").encode())


async def wget(call: Call) -> int:
    """`wget -qO- URL`, as busybox has it."""
    urls = call.operands("-O", "-T", "--header", "--post-data")
    if not urls:
        return await call.complain("BusyBox wget: missing URL")
    host, ask = _ask(call, urls[0])
    try:
        answer = await _request(call, host, ask, float(call.option("-T") or _TIMEOUT))
    except Unreached as lost:
        why = (
            f"bad address '{host}'" if lost.code == 6 else f"can't connect to remote host ({host}): Connection refused"
        )
        return await call.complain(f"wget: {why}")
    if answer.status >= 400:
        return await call.complain(f"wget: server returned error: HTTP/1.1 {answer.status}")
    await call.out.write(answer.body)
    return 0


async def redis_cli(call: Call) -> int:
    """`redis-cli -h HOST [-p PORT] [-a PASSWORD] COMMAND…`: speaks to the real server behind the name."""
    host = call.option("-h") or "127.0.0.1"
    port = int(call.option("-p") or "6379")
    words = call.operands("-h", "-p", "-a", "-n", "--user", "--pass")
    real = call.network.dial.get((host, port))
    if real is None:
        known = call.network.lookup(call.box, host) is not None
        why = "Connection refused" if known else "Name or service not known"
        return await call.complain(f"Could not connect to Redis at {host}:{port}: {why}")
    secret = call.option("-a", "--pass") or call.env.get("REDISCLI_AUTH")
    try:
        async with asyncio.timeout(_TIMEOUT):
            await call.out.write(await _converse(real, secret, words or ["PING"]))
    except (OSError, TimeoutError, asyncio.IncompleteReadError):
        return await call.complain(f"Could not connect to Redis at {host}:{port}: Connection refused")
    return 0


async def _converse(real: Address, secret: str | None, words: list[str]) -> bytes:
    reader, writer = await asyncio.open_connection(*real)
    try:
        if secret:
            writer.write(_encoded(["AUTH", secret]))
            await _reply(reader)
        writer.write(_encoded(words))
        return await _reply(reader)
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


def _encoded(words: list[str]) -> bytes:
    parts = [f"*{len(words)}\r\n".encode()]
    parts += [f"${len(w.encode())}\r\n".encode() + w.encode() + b"\r\n" for w in words]
    return b"".join(parts)


async def _reply(reader: asyncio.StreamReader) -> bytes:
    head = (await reader.readuntil(b"\r\n"))[:-2]
    kind, rest = head[:1], head[1:]
    if kind == b"$":
        if rest == b"-1":
            return b"\n"
        return (await reader.readexactly(int(rest) + 2))[:-2] + b"\n"
    if kind == b"*":
        parts = [await _reply(reader) for _ in range(int(rest))]
        return b"".join(f"{n}) ".encode() + part for n, part in enumerate(parts, start=1))
    return {b"-": b"(error) " + rest, b":": b"(integer) " + rest}.get(kind, rest) + b"\n"


COMMANDS: dict[str, Command] = {"curl": curl, "wget": wget, "redis-cli": redis_cli}
