"""How a connection comes about: the way there, the login, the database, and through a Sentinel to its master."""

from __future__ import annotations

import asyncio
import ssl
import time
from typing import Any, Final

from providers.core.config import Redis as Settings
from providers.core.errors import Denied, Garbled, Invalid, NotFound, Unauthenticated, Unreachable
from providers.core.secret import Secret
from providers.core.text import clean
from providers.redis.address import Address, Through, address_of, straight, tls_context
from providers.redis.info import Fields
from providers.redis.wire import CLIENT_NAME, Journey, Wire, dial

LOGIN_PAUSE: Final = 30.0
"""Seconds between two tries with a password that was refused: at most two a minute."""


class Door:
    """Opens connections to the configured server, each logged in and on the configured database."""

    def __init__(self, source: str, settings: Settings, through: Through | None) -> None:
        self.source = source
        self.settings = settings
        self.address, self.database = address_of(settings)
        self._through = through or (self._no_way if settings.via else straight)
        self._tls: ssl.SSLContext | None = None
        self._password: Secret | None = None
        self._preparing = asyncio.Lock()
        self._refused: tuple[float, Unauthenticated] | None = None

    async def prepare(self) -> None:
        """Fetch the password, which may take a command its time. Raises ConfigError; Unauthenticated while it rests."""
        async with self._preparing:
            await self._prepare()

    async def _prepare(self) -> None:
        if self._refused is not None and time.monotonic() - self._refused[0] < LOGIN_PAUSE:
            said = self._refused[1]
            raise Unauthenticated(said.message, source=self.source, fix=said.fix)
        if self._tls is None and self.settings.secure:
            self._tls = await asyncio.to_thread(tls_context, self.settings)
        if self._password is None and self.settings.password is not None:
            self._password = await self.settings.password.resolve()

    async def open(self, journey: Journey | None = None) -> Wire:
        """A connection to the server, or to the master of the Sentinel that answers there. `prepare` comes before."""
        wire = await self._greeted(journey)
        try:
            if await _is_sentinel(wire):
                master = await self._master(wire)
                await wire.drop()
                wire = await self.reach(master, journey)
            if self.database:
                await wire.call("SELECT", self.database)
        except BaseException:
            await wire.drop()
            raise
        return wire

    async def reach(self, address: Address, journey: Journey | None = None) -> Wire:
        """A connection to this very server, logged in."""
        wire = await self._dial(address, journey)
        try:
            await self._log_in(wire, journey or Journey())
        except BaseException:
            await wire.drop()
            raise
        return wire

    async def _greeted(self, journey: Journey | None) -> Wire:
        """Logged in at the configured address; a Sentinel may have no use for the password of what it watches."""
        try:
            return await self.reach(self.address, journey)
        except Unauthenticated as error:
            if self._password is not None and (sentinel := await self._open_sentinel()):
                return sentinel
            # Fetched anew for the next try: it may have been replaced.
            self._password, self._refused = None, (time.monotonic(), error)
            raise

    async def _open_sentinel(self) -> Wire | None:
        """A connection without login, when what answers is a Sentinel that asks for none."""
        wire = await self._dial(self.address, None)
        try:
            if await _is_sentinel(wire):
                return wire
        except Unauthenticated:
            pass
        except BaseException:
            await wire.drop()
            raise
        await wire.drop()
        return None

    async def _dial(self, address: Address, journey: Journey | None) -> Wire:
        return await dial(address, await self._through(address), self._tls, self.source, journey)

    async def _log_in(self, wire: Wire, journey: Journey) -> None:
        user = self.settings.username
        wire.user = user or "default"
        with journey.hop("AUTH"):
            if self._password is not None or user:
                secret = self._password.reveal() if self._password else ""
                await wire.call("AUTH", *((user, secret) if user else (secret,)))
            # So that others see whose connection it is, and that what we look at does not count as used. Both may be
            # denied, or unknown to an older server.
            replies = await wire.call_all([("CLIENT", "SETNAME", CLIENT_NAME), ("CLIENT", "NO-TOUCH", "ON")])
            if isinstance(replies[0], Unauthenticated):
                raise replies[0]  # protected mode

    async def _master(self, wire: Wire) -> Address:
        masters = [_pairs(item) for item in await wire.call("SENTINEL", "MASTERS")]
        if len(masters) == 1:
            try:
                return Address(masters[0]["ip"], int(masters[0]["port"]))
            except (KeyError, ValueError):
                raise Garbled("the Sentinel does not say where its master is", source=self.source) from None
        names = ", ".join(master.get("name", "?") for master in masters) or "none"
        fix = "name one of the servers in redis.url"
        raise Invalid(f"the Sentinel watches not one master, but {names}", source=self.source, fix=fix)

    async def _no_way(self, _: Address) -> Address:
        via = clean(self.settings.via or "", 80)
        raise Unreachable(f"it is reached through {via}, and no tunnel leads there", source=self.source)


async def _is_sentinel(wire: Wire) -> bool:
    """Whether it is a Sentinel. One that does not let us ask is not: a Sentinel's INFO is open to whoever got in."""
    try:
        return Fields.of(await wire.call("INFO", "server")).mode == "sentinel"
    except (Denied, NotFound, Invalid):
        return False


def _pairs(flat: Any) -> dict[str, str]:
    """{"name": …, "ip": …} of [b"name", …, b"ip", …]."""
    texts = [clean(item, 200) for item in flat]
    return dict(zip(texts[::2], texts[1::2], strict=False))
