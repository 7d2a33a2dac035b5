"""The SSH servers: the bastion, which leads on and does nothing else, and the nodes behind it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import cast

import asyncssh

from sandbox.hosts.facts import USER
from sandbox.hosts.login import LOOPBACK
from sandbox.hosts.session import Answer, Session

_LOGIN = 15.0
_KEEPALIVE = 30.0
_CLOSING = 0.5
_NAMES = (LOOPBACK, "localhost")


class Way(asyncssh.SSHForwarder):
    """One connection of the bastion to a port behind it; `gone` hears of its end."""

    def __init__(self, gone: Callable[[], None]) -> None:
        super().__init__()
        self._gone = gone

    def connection_lost(self, exc: Exception | None) -> None:
        self._gone()
        super().connection_lost(exc)


class Ways:
    """Where the bastion may lead, and the connections that it made: `own` has their addresses."""

    def __init__(self) -> None:
        self.allowed: set[int] = set()
        self.own: set[tuple[str, int]] = set()

    async def open(self, port: int) -> asyncssh.SSHForwarder:
        """Connect to a port. Raises asyncssh.ChannelOpenError."""
        loop, plug = asyncio.get_running_loop(), socket.socket()
        plug.setblocking(False)
        # The address is known before the other side sees the connection.
        plug.bind((LOOPBACK, 0))
        name = plug.getsockname()
        self.own.add(name)
        try:
            await loop.sock_connect(plug, (LOOPBACK, port))
            _, far = await loop.create_connection(lambda: Way(lambda: self.own.discard(name)), sock=plug)
        except OSError as lost:
            self.own.discard(name)
            plug.close()
            raise asyncssh.ChannelOpenError(asyncssh.OPEN_CONNECT_FAILED, lost.strerror or str(lost)) from lost
        return asyncssh.SSHForwarder(far)


class Door(asyncssh.SSHServer):
    """One connection of a client: only the user on call, only by a known key."""

    def __init__(self, house: House) -> None:
        self.house = house

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._conn = conn
        self.house.connections.add(conn)
        if not self.house.admits(conn.get_extra_info("peername")):
            conn.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self.house.connections.discard(self._conn)

    def begin_auth(self, username: str) -> bool:
        return True

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        return username == USER and key.public_data in self.house.authorized

    def session_requested(self) -> Session:
        return Session(self.house.answer, self.house.tasks)


class BastionDoor(Door):
    """Leads on to the allowed ports of this machine."""

    def __init__(self, house: House, ways: Ways) -> None:
        super().__init__(house)
        self._ways = ways

    def connection_requested(
        self, dest_host: str, dest_port: int, orig_host: str, orig_port: int
    ) -> Awaitable[asyncssh.SSHTCPSession[bytes]]:
        if dest_host not in _NAMES or dest_port not in self._ways.allowed:
            raise asyncssh.ChannelOpenError(asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED, "open failed")
        # A forwarder serves as a session, though it is not declared as one.
        return cast("Awaitable[asyncssh.SSHTCPSession[bytes]]", self._ways.open(dest_port))


class House:
    """One listener with its host key, its connections and the commands that run in them."""

    def __init__(self, authorized: frozenset[bytes], answer: Answer, *, behind: Ways | None = None) -> None:
        self.authorized = authorized
        self.answer = answer
        self.key = asyncssh.generate_private_key("ssh-ed25519")
        self.connections: set[asyncssh.SSHServerConnection] = set()
        self.tasks: set[asyncio.Task[None]] = set()
        self._behind = behind
        self._closed = False
        self._acceptor: asyncssh.SSHAcceptor | None = None

    @property
    def port(self) -> int:
        assert self._acceptor is not None
        return self._acceptor.get_port()

    async def open(self, door: Callable[[], Door]) -> None:
        """Listen on a free port."""
        self._acceptor = await asyncssh.listen(
            LOOPBACK, 0, server_factory=door, server_host_keys=[self.key], encoding=None, line_editor=False,
            allow_pty=False, allow_scp=False, agent_forwarding=False, x11_forwarding=False, gss_host=None,
            login_timeout=_LOGIN, keepalive_interval=_KEEPALIVE, config=[],
        )  # fmt: skip

    def admits(self, peer: tuple[str, int] | None) -> bool:
        """Whether a connection from there is let in: behind a bastion only those that it made itself."""
        # One that came just before the end has no peer any more, or comes to a house that is closed.
        return peer is not None and not self._closed and (self._behind is None or peer in self._behind.own)

    def change_key(self) -> None:
        """Show another host key from the next connection on, as a machine does that was put up anew."""
        assert self._acceptor is not None
        self.key = asyncssh.generate_private_key("ssh-ed25519")
        self._acceptor.update(server_host_keys=[self.key])

    async def close(self) -> None:
        """Stop listening, cut every connection, end every command; safe to call twice."""
        self._closed = True
        if self._acceptor is not None:
            self._acceptor.close()
        connections, tasks = [*self.connections], [*self.tasks]
        for connection in connections:
            connection.abort()
        for task in tasks:
            task.cancel()
        ends = [*tasks, *(asyncio.ensure_future(connection.wait_closed()) for connection in connections)]
        if ends:
            await asyncio.wait(ends, timeout=_CLOSING)
