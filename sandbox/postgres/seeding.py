"""The roles, the database and its rows."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from typing import Any, Final

import psycopg
from psycopg import sql

from sandbox.postgres.cluster import RESERVING

DATABASE: Final = "fusion"
APPLICATION: Final = "fusion_app"
ROLES: Final = (APPLICATION, "oncall", "viewer", "nobody")
_VERSION: Final = 10_000
"""What `server_version` counts a major release as."""

Connection = psycopg.AsyncConnection[tuple[Any, ...]]


def verifier(connection: Connection, role: str, password: str) -> str:
    """What the server keeps of a password. Statements and logs keep what is sent, so nothing else is."""
    return connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()


async def enrol(connection: Connection, passwords: Mapping[str, str]) -> dict[str, str]:
    """Make the roles and the database; returns role to verifier."""
    verifiers = {role: verifier(connection, role, passwords[role]) for role in ROLES}
    for role, kept in verifiers.items():
        create = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}")
        await connection.execute(create.format(sql.Identifier(role), sql.Literal(kept)))
    if connection.info.server_version >= RESERVING * _VERSION:
        await connection.execute("GRANT pg_use_reserved_connections TO oncall")
    await connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
    return verifiers


async def fill(connection: Connection, seed: int) -> None:
    """Make the schema and its rows; what is random in them comes from the seed."""
    # setseed wants -1 to 1.
    await connection.execute("SELECT setseed(%s)", (seed % 1000 / 1000,))
    await connection.execute((files("sandbox.postgres") / "schema.sql").read_bytes())
    await connection.execute("SELECT pg_stat_statements_reset()")
