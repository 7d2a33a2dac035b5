"""What the server, libpq and psycopg say, in the words of the core. No message holds a password."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

import psycopg

from providers.core.errors import (
    BackendError,
    Conflict,
    Denied,
    Garbled,
    Invalid,
    NotFound,
    ServerFault,
    Throttled,
    TimedOut,
    Unauthenticated,
    Unreachable,
    Untrusted,
)
from providers.core.secret import redact
from providers.postgres.decoding import one_line

FULL_PAUSE: Final = 5.0
"""Seconds to leave a server alone that has no connection free."""
_LOGIN: Final = "check user and password (postgres.password, the passfile, or AWS credentials with iam_auth)"
_CERTIFICATE: Final = (
    "give the authority in postgres.sslrootcert (for RDS the bundle global-bundle.pem), and the host by the name that"
    " the certificate carries"
)
_BOUNCER: Final = "this is a PgBouncer: point postgres at the server itself, and the pooler at postgres.pgbouncer"
_FULL: Final = "end idle sessions, or connect as a role with pg_use_reserved_connections"

_Made = Callable[[str, str], BackendError]


def _throttled(message: str, source: str) -> BackendError:
    return Throttled(message, retry_after=FULL_PAUSE, source=source, fix=_FULL)


def _login(message: str, source: str) -> BackendError:
    return Unauthenticated(message, source=source, fix=_LOGIN)


def _made(kind: type[BackendError], fix: str = "") -> _Made:
    return lambda message, source: kind(message, source=source, fix=fix)


_CONNECTING: Final[tuple[tuple[re.Pattern[str], _Made], ...]] = tuple(
    (re.compile(words, re.IGNORECASE), made)
    for words, made in (
        # libpq gives no SQLSTATE for what ends a login, so its words have to do.
        (r"certificate verify failed|does not match host name|root certificate file|could not read root cert|"
         r"could not get server's host name|certificate (has expired|revoked)|tls[^:]*alert",
         _made(Untrusted, _CERTIFICATE)),
        (r"server does not support SSL", _made(Untrusted, "it offers no TLS; postgres.sslmode asks for it")),
        (r"no encryption|SSL off", _made(Unauthenticated, "it lets nobody in without TLS: raise postgres.sslmode")),
        (r"unsupported startup parameter", _made(Invalid, _BOUNCER)),
        (r"too many (clients|connections)|connection slots are reserved|no more connections allowed", _throttled),
        (r"password authentication failed|no password supplied|role \".*\" does not exist|no such user|"
         r"authentication failed|pg_hba\.conf|is not permitted to log in|PAM authentication|no password", _login),
        (r"permission denied for database", _made(Denied, "GRANT CONNECT ON DATABASE … TO the role")),
        (r"database \".*\" does not exist|no such database", _made(NotFound, "check postgres.database")),
        (r"is (starting up|shutting down|in recovery mode)|not yet accepting|not accepting connections|"
         r"terminating connection|recovery", _made(ServerFault, "wait, or look at the server's log")),
        (r"timeout expired|timed out", _made(TimedOut)),
        (r"failed to resolve host|could not translate host name",
         _made(Unreachable, "check the name in postgres.host")),
    )
)  # fmt: skip

_STATES: Final[tuple[tuple[str, _Made], ...]] = (
    ("57014", _made(TimedOut, "it was ended by statement_timeout, or cancelled by somebody")),
    ("55P03", _made(TimedOut, "somebody holds the lock")),
    ("25P03", _made(Unreachable)),
    ("57P", _made(ServerFault, "wait, or look at the server's log")),
    ("28", _login),
    ("3D000", _made(NotFound, "check postgres.database")),
    ("53300", _throttled),
    ("53", _made(ServerFault)),
    ("08", _made(Unreachable)),
    ("40", _made(Conflict)),
    ("55", _made(NotFound)),
    ("42P01", _made(NotFound)),
    ("42883", _made(NotFound)),
    ("0A", _made(Invalid)),
    ("2", _made(Invalid)),
    ("4", _made(Invalid)),
)
"""First letters of an SQLSTATE to what it means; the first that fits."""
_PREFIX: Final = re.compile(
    r"^(connection failed: |connection is bad: )?(connection to server (at|on socket) .*? failed: )?"
    r"((FATAL|ERROR):\s+)?"
)
_HINT: Final = re.compile(r"\s*(Is the server running .*|Multiple connection attempts failed.*)$")

_RIGHTS: Final = {
    "table": "SELECT ON TABLE",
    "view": "SELECT ON",
    "schema": "USAGE ON SCHEMA",
    "function": "EXECUTE ON FUNCTION",
}


def connect_error(error: psycopg.Error, source: str) -> BackendError:
    """Why no connection came about."""
    said = words(error)
    made = next((made for pattern, made in _CONNECTING if pattern.search(said)), _made(Unreachable))
    return made(said, source)


def query_error(error: psycopg.Error, source: str) -> BackendError:
    """Why a statement gave no rows; without a SQLSTATE the connection broke."""
    said, state = words(error), error.sqlstate
    if state is None:
        return (
            Garbled(said, source=source) if isinstance(error, psycopg.DataError) else Unreachable(said, source=source)
        )
    if state == "42501":
        return Denied(said, permission=_permission(said), source=source, fix=_grant(said))
    made = next((made for letters, made in _STATES if state.startswith(letters)), _made(ServerFault))
    return made(said, source)


def words(error: BaseException) -> str:
    """The error as one clean sentence, without libpq's preamble and advice."""
    primary = error.diag.message_primary if isinstance(error, psycopg.Error) else None
    said = redact(one_line(primary or str(error) or type(error).__name__))
    return _HINT.sub("", _PREFIX.sub("", said, count=1)).strip(" :") or type(error).__name__


def _permission(said: str) -> str:
    """ "permission denied for table swaps" is the missing right on "table swaps"."""
    return said.removeprefix("permission denied for ").removeprefix("permission denied to ")


def _grant(said: str) -> str:
    kind, _, name = _permission(said).partition(" ")
    rights = {
        "table": "SELECT ON TABLE",
        "view": "SELECT ON",
        "schema": "USAGE ON SCHEMA",
        "function": "EXECUTE ON FUNCTION",
    }
    if name and kind in rights:
        return f"GRANT {rights[kind]} {name} TO the role"
    return "GRANT pg_monitor TO the role (to look), GRANT pg_signal_backend TO the role (to end sessions)"
