"""The session an action is about: read anew, compared with what was selected, and what speaks against ending it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from providers.core.action import Target
from providers.core.errors import NotFound, UsageError
from providers.core.text import clean
from providers.postgres.activity import backends
from providers.postgres.blocking import blocking, edges_of, freed_by
from providers.postgres.client import PgClient
from providers.postgres.rights import AUTOVACUUM, Rights, grant, rights
from providers.postgres.values import Backend, LockNode

KIND: Final = "backend"
_CLIENTS: Final = frozenset({"client backend", "parallel worker"})
_FORCED: Final[Mapping[str, str]] = {
    "walsender": "a standby or a subscriber reads from it",
    AUTOVACUUM: "autovacuum starts it again, and until then dead rows and transaction ids pile up",
    "logical replication worker": "replication into this database stops until it is started again",
}
"""Kinds of backends that are ended only by force, and why."""


class Seen(msgspec.Struct, frozen=True):
    """A session as it is now, what we may do to it, and who waits for it."""

    backend: Backend
    rights: Rights
    nodes: tuple[LockNode, ...]
    own: bool

    @property
    def held_up(self) -> int:
        return next((node.holds_up for node in self.nodes if node.pid == self.backend.pid), 0)

    @property
    def freed(self) -> tuple[Backend, ...]:
        """Those that wait for nobody else."""
        pids = freed_by(self.backend.pid, edges_of(self.nodes))
        return tuple(node.backend for node in self.nodes if node.pid in pids and node.backend is not None)


async def look(client: PgClient, target: Target) -> Seen:
    """Read it. Raises UsageError when the name is no pid, NotFound when it is not the session that was selected."""
    if not target.name.isdecimal() or not 0 < int(target.name) < 2**31:
        raise UsageError(f"a backend is named by its pid, not {clean(target.name, 40)!r}")
    pid = int(target.name)
    found = await backends(client, [pid])
    if not found:
        raise NotFound(f"there is no backend {pid}", source=client.source, fix="it has ended: look again")
    _same(client, found[0], target)
    ours = found[0].app == client.settings.application_name and found[0].user == client.known_as
    own = ours or pid in client.own_pids
    return Seen(found[0], await rights(client, pid), await blocking(client), own)


def _same(client: PgClient, backend: Backend, target: Target) -> None:
    session, _, _ = target.identity.rpartition("/")
    if session and session != backend.uid:
        raise NotFound(
            f"backend {backend.pid} ended since it was selected; another session has its pid now",
            source=client.source,
            fix="select it again",
        )


def blockers(seen: Seen, *, forced: bool) -> tuple[str, ...]:
    """Reasons not to signal it; those that force overrides are named with it."""
    backend = seen.backend
    found: list[str] = []
    if seen.own:
        found.append("this is a session of the console itself")
    if backend.backend_start is None:
        found.append(f"its start is hidden, so it cannot be pinned: GRANT pg_read_all_stats TO {seen.rights.role};")
    elif backend.backend_type not in {*_CLIENTS, *_FORCED}:
        found.append(f"it is the server's own {backend.backend_type or 'process'}")
    elif backend.backend_type in _FORCED and not forced:
        wraparound = "; it prevents transaction id wraparound" if "to prevent wraparound" in backend.query else ""
        why = _FORCED[backend.backend_type]
        found.append(f"it is a {backend.backend_type}{wraparound}: {why}; force=yes does it all the same")
    if missing := seen.rights.lacking(backend):
        found.append(f"not allowed: {missing} is missing; {grant(seen.rights.role, missing)}")
    return tuple(found)


def freed_lines(seen: Seen) -> list[str]:
    """How many sessions go on once it is gone, and how many come after those."""
    freed = seen.freed
    if not seen.held_up:
        return ["nobody waits for it"]
    apps = Counter(one.app or one.user or "unknown" for one in freed)
    names = ", ".join(f"{count} {app}" for app, count in apps.most_common(5))
    rest = seen.held_up - len(freed)
    at_once = f"frees {_sessions(len(freed))} at once{f' ({names})' if names else ''}"
    return [f"{at_once}; {rest} more stand behind others" if rest else at_once]


def waiting_lines(backend: Backend, nodes: Sequence[LockNode]) -> list[str]:
    """For whom it waits itself: then the root is the better target."""
    by = next((node.blocked_by for node in nodes if node.pid == backend.pid), ())
    return [f"it waits itself for {', '.join(map(str, by))}: ending that frees more"] if by else []


def _sessions(count: int) -> str:
    return f"{count} session{'s' * (count != 1)}"
