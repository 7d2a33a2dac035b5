"""PgBouncer in front of the database, on machines that have it."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import psycopg

from sandbox.certificate import Pair
from sandbox.child import Child
from sandbox.member import Grounds
from sandbox.ports import free_port
from sandbox.postgres.cluster import hand_over, server_uid
from sandbox.postgres.seeding import APPLICATION, DATABASE
from sandbox.programs import installed

READY: Final = 15.0
"""Seconds it may take to answer."""
CONSOLE: Final = "pgbouncer"
"""The database that is its own console."""
_TRIES: Final = 4
_SETTINGS: Final = {
    "listen_addr": "127.0.0.1", "unix_socket_dir": "", "auth_type": "scram-sha-256", "stats_users": "oncall, viewer",
    "pool_mode": "transaction", "default_pool_size": "4", "min_pool_size": "1", "max_client_conn": "100",
    "server_tls_sslmode": "disable", "client_tls_sslmode": "allow", "stats_period": "15",
    "ignore_startup_parameters": "extra_float_digits, options", "log_connections": "0", "log_disconnections": "0",
    "log_stats": "0",
}  # fmt: skip


class Pooler:
    """`port` takes clients with and without TLS; `child` is its process."""

    def __init__(self, port: int, child: Child) -> None:
        self.port = port
        self.child = child

    async def stop(self) -> None:
        """End it; safe to call twice."""
        await self.child.stop()


async def start(
    grounds: Grounds, behind: int, pair: Pair, passwords: Mapping[str, str], verifiers: Mapping[str, str]
) -> Pooler | None:
    """Put one in front of the server on port `behind`; None when this machine has no PgBouncer. Raises Unreachable.

    The verifiers are the server's own: with the same salt a client's proof opens the server, too.
    """
    program = installed("pgbouncer")
    if program is None:
        return None
    users = _private(grounds.directory / "userlist.txt", _users(verifiers))
    key = grounds.directory / "pooler.key"
    shutil.copyfile(pair.key, _private(key, ""))
    hand_over(users, key, pair.certificate)
    files = {"auth_file": users, "client_tls_key_file": key, "client_tls_cert_file": pair.certificate}
    for _ in range(_TRIES):
        port = free_port()
        config = _private(grounds.directory / "pgbouncer.ini", _config(port, behind, files))
        hand_over(config)
        child = await Child.start(grounds.home, "pgbouncer", [str(program), str(config)], uid=server_uid())
        pooler = Pooler(port, child)
        try:
            if await _answers(pooler, passwords[APPLICATION]):
                return pooler
        except BaseException:
            await child.stop()
            raise
        await child.stop()
    raise child.silent("it does not answer")


def _private(path: Path, text: str) -> Path:
    path.touch(mode=0o600)
    path.write_text(text)
    return path


def _users(verifiers: Mapping[str, str]) -> str:
    return "".join(f'"{role}" "{kept}"\n' for role, kept in verifiers.items())


def _config(port: int, behind: int, files: Mapping[str, Path]) -> str:
    settings = _SETTINGS | {"listen_port": str(port)} | {name: str(path) for name, path in files.items()}
    lines = [f"[databases]\n{DATABASE} = host=127.0.0.1 port={behind} dbname={DATABASE}\n[pgbouncer]\n"]
    return "".join([*lines, *(f"{name} = {value}\n" for name, value in settings.items())])


async def _answers(pooler: Pooler, password: str) -> bool:
    """Wait until it lets the bridge in; False when it has ended instead. Raises Unreachable when it says nothing."""
    where = f"postgresql://{APPLICATION}:{password}@127.0.0.1:{pooler.port}/{DATABASE}?sslmode=disable"
    try:
        async with asyncio.timeout(READY):
            while pooler.child.running:
                try:
                    connection = await psycopg.AsyncConnection.connect(where, connect_timeout=10)
                except psycopg.OperationalError:
                    await asyncio.sleep(0.03)
                    continue
                await connection.close()
                return True
    except TimeoutError:
        raise pooler.child.silent(f"no answer in {READY:g} s") from None
    return False
