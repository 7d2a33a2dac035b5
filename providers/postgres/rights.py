"""What the role may do, as the server answers for it, and the SQL that would let it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from providers.core.action import Permission
from providers.core.errors import BackendError
from providers.core.provider import Permit
from providers.postgres.client import PgClient
from providers.postgres.statements import extension, hindrance
from providers.postgres.values import Backend

AUTOVACUUM = "autovacuum worker"


class Rights(msgspec.Struct, frozen=True):
    """The role's rights, and those towards one session when one was named."""

    role: str
    superuser: bool
    sees_all: bool
    signals: bool
    signals_autovacuum: bool
    resets: bool
    same: bool
    """Has the rights of that session's role."""
    of_superuser: bool | None
    """Only superusers may signal that session; None: it is not there."""

    def lacking(self, backend: Backend) -> Permission | None:
        """The right that is missing to signal a session (signalfuncs.c, pg_signal_backend)."""
        if self.superuser or (backend.backend_type == AUTOVACUUM and self.signals_autovacuum):
            return None
        if self.of_superuser:
            return Permission("SUPERUSER", f"for sessions of {backend.user or backend.backend_type}")
        if self.same or self.signals:
            return None
        return Permission("pg_signal_backend", f"for sessions of {backend.user}")


async def rights(client: PgClient, pid: int = 0) -> Rights:
    """Ask for the role's rights now."""
    return (await client.values("rights", Rights, {"pid": pid}))[0]


def grant(role: str, missing: Permission) -> str:
    """What a superuser runs to give it; superusers themselves are not made for this."""
    if missing.verb == "SUPERUSER":
        return "only a superuser may do it"
    return f"GRANT {missing.verb} TO {role};"


async def permits(client: PgClient) -> Sequence[Permit]:
    """Every right the console can use, for `doctor`."""
    names = ("log in", "pg_read_all_stats", "pg_signal_backend", "read pg_stat_statements", "reset pg_stat_statements")
    try:
        have, statements = await rights(client), await extension(client)
    except BackendError as error:
        return [Permit(name, None, error.message) for name in names]
    missing = hindrance(statements)
    allowed = (True, have.sees_all, have.signals or have.superuser, missing is None, have.resets)
    why = (
        "",
        f"sessions of others stay hidden: GRANT pg_monitor TO {have.role};",
        f"sessions of others cannot be ended: GRANT pg_signal_backend TO {have.role};",
        ": ".join(missing or ()),
        f"GRANT EXECUTE ON FUNCTION pg_stat_statements_reset TO {have.role};",
    )
    return [
        Permit(name, is_allowed, "" if is_allowed else words)
        for name, is_allowed, words in zip(names, allowed, why, strict=True)
    ]
