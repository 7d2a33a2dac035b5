"""What a client of PostgreSQL says before TLS ("SSL Session Encryption" of the Frontend/Backend Protocol)."""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import Final

from sandbox.front import LOOPBACK

SSL_REQUEST, GSS_REQUEST, CANCEL_REQUEST = 80_877_103, 80_877_104, 80_877_102
HEAD: Final = struct.Struct("!II")
"""Length of the message, itself included, and the code of the request or the version of the protocol."""
_LONGEST: Final = 10_000
"""Bytes of a startup message that the server takes."""


async def agree_on_tls(client: socket.socket, behind: int) -> bool:
    """True once the client has asked for TLS and been told to go ahead. Raises EOFError when it goes away.

    Encryption with GSS is declined; a cancel request in clear, as libpq before 17 sends it, is passed on; a start in
    clear is refused as a server with `hostssl` lines only does.
    """
    loop = asyncio.get_running_loop()
    while True:
        head = await _exactly(client, HEAD.size)
        length, code = HEAD.unpack(head)
        if code == SSL_REQUEST:
            await loop.sock_sendall(client, b"S")
            return True
        if code == CANCEL_REQUEST:
            await _pass_on(head + await _exactly(client, _rest(length)), behind)
            return False
        if code != GSS_REQUEST:
            await loop.sock_sendall(client, _refusal(await _exactly(client, _rest(length))))
            return False
        await loop.sock_sendall(client, b"N")


def _rest(length: int) -> int:
    if not HEAD.size <= length <= _LONGEST:
        raise EOFError
    return length - HEAD.size


async def _exactly(client: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        more = await asyncio.get_running_loop().sock_recv(client, size - len(data))
        if not more:
            raise EOFError
        data += more
    return data


async def _pass_on(message: bytes, behind: int) -> None:
    """Nothing is answered to it but the end of the connection."""
    reader, writer = await asyncio.open_connection(LOOPBACK, behind)
    try:
        writer.write(message)
        await reader.read()
    finally:
        writer.transport.abort()


def _refusal(startup: bytes) -> bytes:
    """The server's own words (auth.c, ClientAuthentication) about the user and the database of a startup message."""
    words = startup.split(b"\0")
    asked = dict(zip(words[::2], words[1::2], strict=False))
    user = asked.get(b"user", b"")
    who = b'host "127.0.0.1", user "%s", database "%s", no encryption' % (user, asked.get(b"database", user))
    fields = (b"SFATAL", b"VFATAL", b"C28000", b"Mno pg_hba.conf entry for " + who, b"")
    body = b"\0".join(fields) + b"\0"
    return b"E" + struct.pack("!I", len(body) + 4) + body
