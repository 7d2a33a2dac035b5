"""PgBouncer's own console (D06): simple queries over a connection of its own, from version 1.18 on."""

from __future__ import annotations

import asyncio
import ipaddress
from typing import Final

import psycopg

from providers.core.config import PgBouncer as Settings
from providers.core.errors import BackendError, Denied
from providers.core.secret import Secret
from providers.core.text import clean
from providers.postgres.address import Parameters
from providers.postgres.client import PgClient
from providers.postgres.decoding import Row
from providers.postgres.link import Link, connect
from providers.postgres.pooler import CONSOLE, Pooler, pooler

EVERY: Final = 5.0
_SHOWN: Final = ("POOLS", "STATS", "DATABASES", "LISTS", "CLIENTS")
_OWN: Final = frozenset({"host", "hostaddr", "port", "dbname", "user", "options", "target_session_attrs"})
"""Parameters of the database that are not the pooler's."""


class PgBouncerClient:
    """One kept connection to the console. It understands simple queries only, without parameters and options."""

    def __init__(self, postgres: PgClient, settings: Settings) -> None:
        self.source = f"pgbouncer {postgres.source.partition(' ')[2]}"
        self.settings = settings
        self._postgres = postgres
        self._link: Link | None = None
        self._asking = asyncio.Lock()
        self._known: tuple[str, dict[str, str]] = ("", {})

    async def read(self) -> Pooler:
        """All of it. Raises BackendErrors; Denied names the list that the user has to be in."""
        async with self._asking:
            if self._link is None or self._link.closed:
                self._link = await self._connect()
                self._known = await self._facts(self._link)
            shown = {what: await self._show(self._link, what) for what in _SHOWN}
        return pooler(*self._known, shown)

    async def aclose(self) -> None:
        """Close the connection."""
        link, self._link = self._link, None
        if link is not None:
            await link.aclose()

    async def _facts(self, link: Link) -> tuple[str, dict[str, str]]:
        version = await self._show(link, "VERSION")
        config = await self._show(link, "CONFIG")
        return str(next(iter(version[0].values()))), {str(row["key"]): str(row["value"]) for row in config}

    async def _show(self, link: Link, what: str) -> list[Row]:
        return await link.ask(f"SHOW {what}".encode(), deadline=self._postgres.deadline)

    async def _connect(self) -> Link:
        found, secret = await self._reached()
        try:
            return await connect(found, secret, self.source, psycopg.AsyncClientCursor)
        except BackendError as error:
            if error.message.startswith("not allowed"):
                user = clean(found.get("user", ""), 100)
                fix = f"add {user} to stats_users in pgbouncer.ini, then RELOAD"
                said = f"{user} may not use the console"
                raise Denied(said, permission="stats_users", source=self.source, fix=fix) from None
            raise

    async def _reached(self) -> tuple[Parameters, Secret | None]:
        """As the database is reached, but for host, port, user and password; on loopback TLS is not insisted on."""
        parameters, secret = await self._postgres.login.credentials()
        found = {key: value for key, value in parameters.items() if key not in _OWN}
        own = self.settings
        found |= {"host": own.host, "port": str(own.port), "dbname": CONSOLE}
        if user := own.user or parameters.get("user"):
            found["user"] = user
        if _loopback(own.host):
            found["sslmode"] = "prefer"
            found.pop("sslrootcert", None)
        return await self._postgres.login.dialled(found), await own.password.resolve() if own.password else secret


def _loopback(host: str) -> bool:
    if host in {"", "localhost"} or host.startswith("/"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
