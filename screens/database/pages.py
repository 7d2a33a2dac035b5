"""The pages of the Database screen: which panels stand together, for whatever is configured."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widget import Widget
from textual.widgets import Static

from providers.aws.provider import Aws
from providers.core.runtime import Core
from providers.postgres.provider import Postgres
from providers.redis.provider import Redis
from screens.database import panels
from screens.database.glance import CacheGlance, DatabaseGlance, ElastiCacheGlance, RdsGlance
from tui.text import content


class Systems(NamedTuple):
    """What there is to look at; None is not configured."""

    core: Core
    postgres: Postgres | None
    redis: Redis | None
    aws: Aws | None


class PageKind(NamedTuple):
    """A page: its id, its label, the section of the configuration it is about, and what builds it from that system."""

    name: str
    label: str
    section: str
    build: Callable[[Systems, Any], Iterator[Widget]]


class Page(Vertical):
    """One page. Its first table gets the focus."""

    def __init__(self, kind: PageKind, systems: Systems) -> None:
        super().__init__(id=kind.name)
        self._kind = kind
        self._systems = systems

    def compose(self) -> ComposeResult:
        system = getattr(self._systems, self._kind.section)
        yield from self._kind.build(self._systems, system) if system is not None else (missing(self._kind.section),)


def missing(section: str) -> Widget:
    """In place of what is not configured."""
    words = f"No {section} section in this environment: fusion-console config init writes an example of one."
    return Static(content(words, "$text-muted"), classes="missing")


def activity(s: Systems, pg: Postgres) -> Iterator[Widget]:
    """Who does what, who blocks whom, what takes too long."""
    yield DatabaseGlance(s.core, pg.overview, "Database")
    if s.aws is not None:
        yield RdsGlance(s.core, s.aws.databases, "RDS")
    yield panels.Activity(s.core, pg.activity, where=pg.source)
    with Horizontal(classes="pair"):
        yield panels.Blocking(s.core, pg.blocking, where=pg.source)
        yield panels.Transactions(s.core, pg.transactions, where=pg.source)


def statements(s: Systems, pg: Postgres) -> Iterator[Widget]:
    """What statements cost."""
    yield DatabaseGlance(s.core, pg.overview, "Database")
    yield panels.StatementTable(s.core, pg.statements, where=pg.source)


def connections(s: Systems, pg: Postgres) -> Iterator[Widget]:
    """Who is connected, and the pooler in between."""
    yield DatabaseGlance(s.core, pg.overview, "Database")
    yield panels.Connections(s.core, pg.connections, where=pg.source)
    if pg.pools is not None:
        yield panels.Pools(s.core, pg.pools, where="the pooler")


def cache(s: Systems, redis: Redis) -> Iterator[Widget]:
    """The cache: what it holds, who uses it, what is slow."""
    yield CacheGlance(s.core, redis.overview, "Cache")
    if s.aws is not None:
        yield ElastiCacheGlance(s.core, s.aws.caches, "ElastiCache")
    with Horizontal(classes="pair"):
        yield panels.CacheClients(s.core, redis.clients, where=redis.source)
        yield panels.Spikes(s.core, redis.latency, where=redis.source)
    yield panels.SlowCommands(s.core, redis.slowlog, where=redis.source)
    yield panels.LargeKeys(s.core, redis.bigkeys, where=redis.source)


def managed(s: Systems, aws: Aws) -> Iterator[Widget]:
    """What AWS runs, what happened to it, the ways back, and what was set by hand."""
    yield panels.ManagedDatabases(s.core, aws.databases, where=aws.source)
    yield panels.ManagedCaches(s.core, aws.caches, where=aws.source)
    with Horizontal(classes="pair"):
        yield panels.ManagedEvents(s.core, aws.db_events, where=aws.source)
        yield panels.WaysBack(s.core, aws.snapshots, where=aws.source)
    yield panels.Parameters(s.core, aws.db_parameters, where=aws.source)


PAGES: Final = (
    PageKind("activity", "Activity", "postgres", activity),
    PageKind("statements", "Statements", "postgres", statements),
    PageKind("connections", "Connections", "postgres", connections),
    PageKind("cache", "Cache", "redis", cache),
    PageKind("managed", "RDS", "aws", managed),
)
"""In the order of their keys."""
