"""How a connection is opened now: where to, as whom, with which password, and not again too soon after a refusal."""

from __future__ import annotations

import time
from functools import cached_property
from typing import Final

from psycopg.conninfo import make_conninfo

from providers.core.config import Aws, Postgres
from providers.core.errors import Unauthenticated
from providers.core.secret import Secret
from providers.core.text import clean
from providers.postgres.address import Dial, Parameters, options, parameters, place
from providers.postgres.iam import token
from providers.postgres.link import Link, connect
from providers.postgres.passfile import password_of

PAUSE: Final = 30.0
"""Seconds between two tries to log in with credentials that were refused."""
_SAID: Final = ("host", "port", "user", "dbname", "sslmode", "sslrootcert")


class Login:
    """Every method raises ConfigError for settings and secrets, and the core's BackendErrors."""

    def __init__(self, source: str, settings: Postgres, aws: Aws | None, dial: Dial | None) -> None:
        self.source = source
        self.settings = settings
        self._aws = aws
        self._dial = dial
        self._refusal: tuple[float, Unauthenticated] | None = None

    @cached_property
    def target(self) -> str:
        """host:port as configured; without a host, the local socket."""
        host, port = place(parameters(self.settings))
        return clean(f"{host or 'local socket'}:{port}", 200)

    @cached_property
    def conninfo(self) -> str:
        """For psql by hand, without a password."""
        found = parameters(self.settings)
        return make_conninfo("", **{key: found[key] for key in _SAID if key in found})

    async def reached(self) -> tuple[Parameters, Secret | None]:
        """Parameters, and the password (None: libpq finds it in the passfile)."""
        found, secret = await self.credentials()
        return await self.dialled(found), secret

    async def credentials(self) -> tuple[Parameters, Secret | None]:
        """The same with the address as it is configured; a token of RDS is made for that one."""
        found = parameters(self.settings)
        host, port = place(found)
        given = found.pop("password", None)
        if self.settings.iam_auth:
            return found, await token(host, port, found.get("user", ""), self._aws, self.source)
        if self.settings.password is not None:
            return found, await self.settings.password.resolve()
        if given is not None:
            return found, Secret(given)
        return found, password_of(found, host, port) if self._dial is not None else None

    async def dialled(self, found: Parameters) -> Parameters:
        """Led through the tunnel, if there is one; the host stays, and with it what TLS verifies."""
        if self._dial is None:
            return found
        address, near = await self._dial(*place(found))
        return {**found, "hostaddr": address, "port": str(near)}

    async def open(self, *, read_only: bool, own_path: bool = True) -> Link:
        """A connection. Refused credentials are not tried again at once: servers lock out whoever does."""
        if self._refusal is not None and time.monotonic() - self._refusal[0] < PAUSE:
            raise self._refusal[1]
        found, secret = await self.reached()
        given, patience = found.get("options", ""), self.settings.statement_timeout
        found["options"] = options(given, patience, read_only=read_only, own_path=own_path)
        try:
            link = await connect(found, secret, self.source)
        except Unauthenticated as error:
            self._refusal = time.monotonic(), error
            raise
        self._refusal = None
        return link
