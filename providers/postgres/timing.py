"""The way to the database, one hop after the other, each timed from here: name, TCP, TLS, login (D02)."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import struct
import time
from collections.abc import Awaitable
from typing import Final, TypeVar

import msgspec

from providers.core.errors import BackendError
from providers.core.text import clean
from providers.postgres.address import CONNECT_TIMEOUT, MOST_ADDRESSES, Parameters, place
from providers.postgres.aside import addresses, aside
from providers.postgres.client import PgClient

T = TypeVar("T")
_SSL_REQUEST: Final = struct.pack("!II", 8, 80877103)


class Hop(msgspec.Struct, frozen=True):
    """One step: how long it took in seconds, what came of it, or why it failed. What follows a failure is not tried."""

    name: str
    seconds: float
    detail: str = ""
    error: str = ""
    fix: str = ""

    def __str__(self) -> str:
        took = f"{self.name} {self.seconds * 1000:.1f} ms"
        return f"{took}, failed: {self.error}" if self.error else took


class _Failed(Exception):
    """Why a hop failed."""


async def connect_timing(client: PgClient) -> tuple[Hop, ...]:
    """Every hop up to the first that fails. Raises ConfigError, and Unauthenticated without AWS credentials."""
    found, _ = await client.login.reached()
    host, port = place(found)
    if not host or host.startswith("/"):
        return (await _login(client),)
    hops: list[Hop] = []
    known = await _hop(hops, "DNS", _resolved(found, host, port))
    if known is None:
        return tuple(hops)
    streams = await _hop(hops, "TCP", _connected(known, place(found)[1]))
    if streams is None:
        return tuple(hops)
    reader, writer = streams
    try:
        mode = found.get("sslmode", "")
        if mode != "disable" and not await _hop(hops, "TLS", _encrypted(reader, writer, host, found)):
            return tuple(hops)
    finally:
        writer.transport.abort()
    return (*hops, await _login(client, beside=sum(hop.seconds for hop in hops)))


async def _hop(hops: list[Hop], name: str, work: Awaitable[tuple[T, str]]) -> T | None:
    """Do it, note how it went; what it gave, None when it failed."""
    started, given = time.monotonic(), None
    detail = error = ""
    try:
        async with asyncio.timeout(CONNECT_TIMEOUT):
            given, detail = await work
    except TimeoutError:
        error = f"no answer within {CONNECT_TIMEOUT} s"
    except (_Failed, OSError) as failure:
        error = clean(_reason(failure), 300)
    hops.append(Hop(name, time.monotonic() - started, detail, error, _FIXES.get(name, "") if error else ""))
    return given


_FIXES: Final = {
    "DNS": "check the name in postgres.host and this machine's resolver (or VPN)",
    "TCP": "check the route, the security group and whether the server listens",
    "TLS": "check postgres.sslrootcert and that postgres.host is the name in the certificate",
}


def _reason(failure: Exception) -> str:
    if isinstance(failure, ssl.SSLCertVerificationError):
        return f"certificate not accepted: {failure.verify_message}"
    if isinstance(failure, OSError) and failure.errno:
        return os.strerror(failure.errno)
    return str(failure) or type(failure).__name__


async def _resolved(found: Parameters, host: str, port: int) -> tuple[list[str], str]:
    if "hostaddr" in found:
        return [found["hostaddr"]], f"{found['hostaddr']} (given)"
    try:
        found_ones = await addresses(host, port)
    except socket.gaierror as error:
        raise _Failed(f"{host}: {error.strerror}") from None
    return found_ones, ", ".join(found_ones)


async def _connected(known: list[str], port: int) -> tuple[tuple[asyncio.StreamReader, asyncio.StreamWriter], str]:
    failures = []
    for address in known[:MOST_ADDRESSES]:
        try:
            return await asyncio.open_connection(address, port), f"{address}:{port}"
        except OSError as error:
            failures.append(f"{address}:{port}: {_reason(error)}")
    raise _Failed("; ".join(failures))


async def _encrypted(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str, found: Parameters
) -> tuple[bool, str]:
    writer.write(_SSL_REQUEST)
    answer = await reader.read(1)
    if answer == b"S":
        await writer.start_tls(await aside(lambda: _context(found), "authorities"), server_hostname=host)
        return True, str(writer.get_extra_info("ssl_object").version())
    if answer == b"N" and found["sslmode"] in {"allow", "prefer"}:
        return True, "not offered by the server: the connection is in clear"
    raise _Failed("the server offers no TLS" if answer == b"N" else "what answers is no PostgreSQL server")


def _context(found: Parameters) -> ssl.SSLContext:
    """As libpq verifies with this sslmode; an authority that is given is checked even where it need not be."""
    mode, trusted = found["sslmode"], found.get("sslrootcert")
    context = ssl.create_default_context(cafile=trusted if trusted and trusted != "system" else None)
    context.check_hostname = mode == "verify-full"
    if not mode.startswith("verify") and not (mode == "require" and trusted):
        context.verify_mode = ssl.CERT_NONE
    return context


async def _login(client: PgClient, beside: float = 0.0) -> Hop:
    """A whole connection of libpq's; `beside` are the seconds of it that the hops before account for."""
    started = time.monotonic()
    try:
        async with client.apart() as link:
            took = time.monotonic() - started
            return Hop("login", max(0.0, took - beside), f"backend {link.pid}, {took * 1000:.0f} ms in all")
    except BackendError as error:
        return Hop("login", time.monotonic() - started, "", error.message, error.fix)
