"""What libpq and the server say, as an operator reads it."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import errors

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
from providers.core.secret import Secret
from providers.postgres.answers import connect_error, query_error

AT = 'connection failed: connection to server at "10.0.0.7", port 5432 failed: '


@pytest.mark.parametrize(
    ("said", "kind", "words"),
    [
        ("failed to resolve host 'db.x': [Errno -2] Name or service not known", Unreachable, "'db.x'"),
        (AT + "Connection refused\n\tIs the server running on that host?", Unreachable, "Connection refused"),
        ("connection timeout expired", TimedOut, "timeout expired"),
        (AT + "SSL error: certificate verify failed", Untrusted, "SSL error: certificate verify failed"),
        (AT + 'server certificate for "a" does not match host name "b"', Untrusted, '"b"'),
        (AT + 'root certificate file "/x" does not exist\nEither provide the file', Untrusted, '"/x"'),
        (AT + "server does not support SSL, but SSL was required", Untrusted, "does not support SSL"),
        (AT + 'FATAL:  password authentication failed for user "x"', Unauthenticated, 'failed for user "x"'),
        (AT + "fe_sendauth: no password supplied", Unauthenticated, "no password supplied"),
        (AT + 'FATAL:  role "x" does not exist', Unauthenticated, 'role "x"'),
        (AT + 'FATAL:  no pg_hba.conf entry for host "::1"', Unauthenticated, "pg_hba.conf"),
        (AT + 'FATAL:  no pg_hba.conf entry for host "::1", no encryption', Unauthenticated, "no encryption"),
        (AT + "FATAL:  sorry, too many clients already", Throttled, "sorry, too many clients already"),
        (AT + 'FATAL:  too many connections for role "viewer"', Throttled, "too many connections"),
        (AT + "FATAL:  remaining connection slots are reserved for roles", Throttled, "slots"),
        (AT + 'FATAL:  database "x" does not exist', NotFound, 'database "x"'),
        (AT + 'FATAL:  permission denied for database "x"', Denied, "permission denied"),
        (AT + "FATAL:  the database system is starting up", ServerFault, "the database system is starting up"),
        (AT + "FATAL:  the database system is shutting down", ServerFault, "shutting down"),
        (AT + "FATAL:  unsupported startup parameter: options", Invalid, "unsupported startup parameter"),
        ("connection is bad: something new", Unreachable, "something new"),
    ],
)
def test_why_there_is_no_connection(said: str, kind: type[BackendError], words: str) -> None:
    found = connect_error(psycopg.OperationalError(said), "postgres staging")
    assert type(found) is kind
    assert words in found.message
    assert found.message.splitlines() == [found.message]
    assert not found.message.startswith(("connection", "FATAL")) or "timeout" in found.message
    assert found.source == "postgres staging"


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (errors.QueryCanceled("canceling statement due to statement timeout"), TimedOut),
        (errors.LockNotAvailable("canceling statement due to lock timeout"), TimedOut),
        (errors.AdminShutdown("terminating connection"), ServerFault),
        (errors.CannotConnectNow("starting up"), ServerFault),
        (errors.TooManyConnections("too many"), Throttled),
        (errors.DiskFull("no space"), ServerFault),
        (errors.InvalidPassword("no"), Unauthenticated),
        (errors.UndefinedTable("no such"), NotFound),
        (errors.UndefinedFunction("no such"), NotFound),
        (errors.ObjectNotInPrerequisiteState("must be loaded"), NotFound),
        (errors.ReadOnlySqlTransaction("cannot execute DELETE in a read-only transaction"), Invalid),
        (errors.SyntaxError("at or near"), Invalid),
        (errors.FeatureNotSupported("not here"), Invalid),
        (errors.SerializationFailure("could not serialize"), Conflict),
        (errors.InternalError_("broken"), ServerFault),
        (psycopg.OperationalError("server closed the connection unexpectedly"), Unreachable),
        (psycopg.DataError("timestamp too large"), Garbled),
    ],
)
def test_why_a_statement_gave_nothing(error: psycopg.Error, kind: type[BackendError]) -> None:
    assert type(query_error(error, "postgres")) is kind


def test_a_denial_names_the_grant() -> None:
    found = query_error(errors.InsufficientPrivilege("permission denied for table swaps"), "postgres")
    assert isinstance(found, Denied)
    assert found.permission == "table swaps"
    assert found.fix == "GRANT SELECT ON TABLE swaps TO the role"
    other = query_error(errors.InsufficientPrivilege("permission denied to terminate process"), "postgres")
    assert "GRANT pg_signal_backend" in other.fix


def test_no_password_gets_out() -> None:
    Secret("hunter2-hunter2")
    said = 'connection failed: FATAL: no such thing as "hunter2-hunter2" \x1b]52;c;x\x07'
    found = connect_error(psycopg.OperationalError(said), "postgres")
    assert "hunter2" not in found.message
    assert "\x1b" not in found.message
