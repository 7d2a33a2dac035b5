"""Verdicts on databases, from values alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from providers.aws.values import IN_SYNC, Backups, Database, Databases, DbCluster, DbInstance, Window
from providers.core.check import Evidence, Finding, Verdict
from providers.core.config import Thresholds

USABLE: Final = frozenset({
    "available", "backing-up", "storage-optimization", "configuring-enhanced-monitoring",
    "configuring-iam-database-auth", "configuring-log-exports",
})  # fmt: skip
"""Statuses in which a database serves as ever (RDS user guide, "Viewing DB instance status")."""
BROKEN: Final = ("failed", "storage-full", "inaccessible", "incompatible", "restore-error", "stopped", "stopping",
                 "deleting", "insufficient-capacity")  # fmt: skip
"""How the statuses begin in which it does not serve and will not by itself."""
LEAST_FREE: Final = 0.05
WINDOW_WARN, WINDOW_FAIL = timedelta(minutes=15), timedelta(hours=1)
"""Transaction logs are uploaded every five minutes; three missed is worth a word."""
SNAPSHOT_AGE: Final = timedelta(hours=26)
"""Automated snapshots are taken once a day, within a window."""


def judge_status(database: Database, limits: Thresholds, source: str, now: datetime) -> Finding:
    """D01: does it serve, does something wait to be applied, is storage left."""

    def said(verdict: Verdict, summary: str, fix: str = "") -> Finding:
        return _finding("D01", _subject(database), verdict, summary, source, now, quote, fix)

    quote = f"{database.status} · {database.engine} {database.version}"
    if database.status.startswith(BROKEN):
        return said(Verdict.FAIL, f"it is {database.status}", "look at its events; AWS support if it stays so")
    if isinstance(database, DbCluster) and not database.writer:
        return said(Verdict.FAIL, "it has no writer", "fail over to a reader, or create an instance")
    if (free := _free(database)) is not None and free < 1.0 - limits.disk_used:
        quote += f" · {free:.0%} of {database.storage} GiB free"
        verdict = Verdict.FAIL if free < LEAST_FREE else Verdict.WARN
        return said(verdict, f"only {free:.0%} of its storage is free", "free space, or raise the allocated storage")
    if database.status not in USABLE:
        return said(Verdict.WARN, f"it is {database.status}")
    if database.pending:
        quote += f" · pending: {', '.join(database.pending)}"
        return said(Verdict.WARN, "changes wait to be applied", f"they are in {database.maintenance_window}")
    return said(Verdict.PASS, f"it is {database.status}")


def judge_lag(databases: Databases, limits: Thresholds, source: str, now: datetime) -> list[Finding]:
    """E08: how far behind is each replica, and is there one to fail over to."""
    alone = [each for each in databases.clusters if not each.readers]
    replicas = [each for each in databases.instances if each.writer is False or (each.replica_of and not each.cluster)]
    fix = "add a reader: without one a failover means a new instance, which takes minutes"
    found = [
        _finding("E08", _subject(each), Verdict.WARN, "it has no reader to fail over to", source, now, each.writer, fix)
        for each in alone
    ]
    return found + [_lag(each, limits.replica_lag, source, now) for each in replicas]


def _lag(replica: DbInstance, most: float, source: str, now: datetime) -> Finding:
    if replica.lag is None:
        quote = "no value in the last 10 minutes"
        return _finding("E08", _subject(replica), Verdict.UNKNOWN, "CloudWatch has no lag of it", source, now, quote)
    verdict = Verdict.PASS if replica.lag <= most else Verdict.WARN
    quote = f"{replica.lag:.3f} s, at most {most:g} s is usual"
    return _finding("E08", _subject(replica), verdict, f"it is {replica.lag:.3g} s behind", source, now, quote)


def judge_backups(databases: Databases, backups: Backups, source: str, now: datetime) -> list[Finding]:
    """E10: to which moment can each be restored, and how old is its newest snapshot."""
    kept = {
        each.name: each.backup_days
        for each in (*databases.clusters, *(one for one in databases.instances if not one.cluster))
    }
    return [finding for w in backups.windows for finding in (
        _window(w, kept.get(w.database), source, now), _newest(w, backups, source, now),
    )]  # fmt: skip


def _window(window: Window, days: int | None, source: str, now: datetime) -> Finding:
    subject = f"{'db-cluster' if window.cluster else 'db-instance'}/{window.database}"
    if days == 0 or window.latest is None:
        fix = "set a backup retention of at least one day"
        return _finding(
            "E10", subject, Verdict.FAIL, "no point-in-time recovery", source, now, f"{days} days kept", fix
        )
    behind = now - window.latest
    verdict = Verdict.FAIL if behind > WINDOW_FAIL else Verdict.WARN if behind > WINDOW_WARN else Verdict.PASS
    minutes = max(0.0, behind.total_seconds() / 60)
    since = f"{window.earliest:%Y-%m-%d %H:%MZ}" if window.earliest else "?"
    quote = f"restorable from {since} to {window.latest:%Y-%m-%d %H:%M:%SZ}"
    return _finding("E10", subject, verdict, f"restorable up to {minutes:.0f} min ago", source, now, quote)


def _newest(window: Window, backups: Backups, source: str, now: datetime) -> Finding:
    subject = f"{'db-cluster' if window.cluster else 'db-instance'}/{window.database}"
    mine = [s for s in backups.snapshots if s.of == window.database and s.of_cluster == window.cluster]
    done = [s for s in mine if s.status == "available" and s.created is not None]
    if not done:
        return _finding("E10", subject, Verdict.FAIL, "it has no snapshot", source, now, f"{len(mine)} not finished")
    newest = done[0]
    age = now - (newest.created or now)
    verdict = Verdict.WARN if age > SNAPSHOT_AGE else Verdict.PASS
    quote = f"{newest.name} ({newest.type}), {len(done)} in all"
    hours = age.total_seconds() / 3600
    return _finding("E10", subject, verdict, f"the newest snapshot is {hours:.1f} h old", source, now, quote)


def judge_parameters(databases: Databases, source: str, now: datetime) -> list[Finding]:
    """D07: does what is set in the parameter groups hold."""
    uses = [(each.name, group.name, group.status) for each in databases.instances for group in each.parameter_groups]
    uses += [(m.instance, c.parameter_group, m.parameter_status) for c in databases.clusters for m in c.members]
    return judge_applied("D07", "db-instance", uses, source, now)


def judge_applied(
    row: str, kind: str, uses: Sequence[tuple[str, str, str]], source: str, now: datetime
) -> list[Finding]:
    """One finding for all that are in sync, one for each that is not; `uses` is (where, group, status)."""
    waiting = [use for use in uses if use[2] not in {"", IN_SYNC}]
    if not waiting and uses:
        groups = ", ".join(sorted({group for _, group, _ in uses}))
        return [_finding(row, "parameters", Verdict.PASS, "every parameter group is in sync", source, now, groups)]
    return [
        _finding(
            row, f"{kind}/{name}", Verdict.WARN, f"parameters are {status}", source, now, group,
            "reboot it to apply them (a failover first moves the load away)" if status == "pending-reboot" else "",
        )
        for name, group, status in waiting
    ]  # fmt: skip


def _free(database: Database) -> float | None:
    return database.free_part if isinstance(database, DbInstance) else None


def _subject(database: Database) -> str:
    return f"{'db-cluster' if isinstance(database, DbCluster) else 'db-instance'}/{database.name}"


def _finding(
    row: str, subject: str, verdict: Verdict, summary: str, source: str, now: datetime, quote: str, fix: str = ""
) -> Finding:
    return Finding(row, subject, verdict, summary, (Evidence(source, quote, now),), fix)
