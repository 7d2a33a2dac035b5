"""The server's process: started, ended, started again on the same port."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import psycopg

from sandbox.child import Child
from sandbox.ports import free_port
from sandbox.postgres.cluster import SUPERUSER, release_of, server_uid
from sandbox.postgres.segments import release

READY: Final = 15.0
"""Seconds the server may take to answer."""
_TRIES: Final = 4
_LOOKS: Final = 100
_LOOK: Final = 0.02
"""Seconds between two looks whether the sessions of a killed postmaster have noticed."""


class Postmaster:
    """`port` takes connections without TLS, from the sandbox itself; `child` is the process."""

    child: Child

    def __init__(self, home: Path, programs: Path, data: Path, passwords: Mapping[str, str]) -> None:
        self.port = 0
        self._home = home
        self._command = (str(programs / "postgres"), "-D", str(data))
        self._passwords = passwords
        self.release = release_of(data)

    def dsn(self, user: str, database: str) -> str:
        """A URI for libpq, password included."""
        where = f"{user}:{self._passwords[user]}@127.0.0.1:{self.port}/{database}"
        return f"postgresql://{where}?sslmode=disable"

    async def superuser(self, database: str) -> psycopg.AsyncConnection[tuple[Any, ...]]:
        """A session that may do anything, in autocommit."""
        return await psycopg.AsyncConnection.connect(
            self.dsn(SUPERUSER, database), autocommit=True, connect_timeout=10, application_name="fusion-sandbox"
        )

    async def start(self) -> None:
        """Return when it answers. A port that somebody else took in between is given up for another at the first start.

        Raises Unreachable.
        """
        fixed = self.port
        for _ in range(_TRIES):
            self.port = fixed or free_port()
            self.child = await self._launched()
            try:
                if await self._answers():
                    return
            except BaseException:
                await self.stop()
                raise
            await self.stop()
        raise self.child.silent("it does not answer")

    async def _launched(self) -> Child:
        # Killed outright it would leave its shared memory behind.
        return await Child.start(
            self._home, "postgres", [*self._command, "-p", str(self.port)], environ={"LC_ALL": "C", "TZ": "UTC"},
            uid=server_uid(), ending=signal.SIGINT,
        )  # fmt: skip

    async def _answers(self) -> bool:
        """Wait until it lets the superuser in; False when it has ended. Raises Unreachable when it says nothing."""
        try:
            async with asyncio.timeout(READY):
                while self.child.running:
                    try:
                        connection = await self.superuser("postgres")
                    except psycopg.OperationalError:
                        await asyncio.sleep(0.03)
                        continue
                    await connection.close()
                    return True
        except TimeoutError:
            raise self.child.silent(f"no answer in {READY:g} s") from None
        return False

    async def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End it without waiting for anybody's transaction; safe to call twice."""
        await self.child.stop(how)
        for _ in range(_LOOKS):
            if release(self._home):
                return
            await asyncio.sleep(_LOOK)
