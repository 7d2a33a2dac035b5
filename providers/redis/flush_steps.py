"""A flush as the gate runs it: asked, sent once on a connection of its own, read back, followed, judged."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from typing import TYPE_CHECKING, Any, Final

from providers.core.action import Progress, Stage, Steps
from providers.core.check import Finding, Verdict
from providers.core.errors import BackendError, Conflict, Refused, ServerFault, TimedOut, Unreachable
from providers.core.following import followed
from providers.redis.check_way import judge_trip
from providers.redis.client import DEADLINE
from providers.redis.finding import finding, size
from providers.redis.flush_scope import Scope, flushes_of
from providers.redis.hops import travel
from providers.redis.info import Fields
from providers.redis.permissions import FLUSH, may_flush
from providers.redis.values import Vitals
from providers.redis.vitals import vitals_of
from providers.redis.wire import Wire

if TYPE_CHECKING:
    from providers.redis.provider import Redis

EVERY: Final = 0.5
REFILL: Final = 10.0
"""Seconds to see the first keys come back, after which an empty database is told as such."""
LONGEST: Final = 300.0
"""Seconds after which following gives up; a background thread frees the memory at some hundred MB a second."""


class Flush:
    """The steps of one plan."""

    def __init__(self, redis: Redis, scope: Scope) -> None:
        self._redis = redis
        self._client = redis.client
        self._scope = scope
        self._emptied: float | None = None
        self._before: int | None = scope.flushes
        self._at_flush = scope.vitals

    @property
    def steps(self) -> Steps:
        return Steps(self._permit, self._apply, self._settled, self._follow, self._verify)

    async def _permit(self) -> str:
        allowed, _ = await may_flush(self._client)
        return FLUSH if allowed is False else ""

    async def _apply(self) -> str:
        wire = await self._connected()
        try:
            async with asyncio.timeout(DEADLINE):
                await wire.call("FLUSHDB", "ASYNC")
        except TimeoutError:
            raise TimedOut(f"no answer to FLUSHDB within {DEADLINE:g} s", source=self._client.source) from None
        finally:
            await wire.drop()
        return f"the server emptied database {self._scope.database}"

    async def _connected(self) -> Wire:
        """A connection to the very server of the plan. Raises Conflict, and Refused when nobody is there to send to."""
        try:
            wire = await self._client.connect()
        except (Unreachable, ServerFault) as error:
            raise Refused(f"nothing was sent: {error.message}", fix=error.fix) from None
        try:
            async with asyncio.timeout(DEADLINE):
                await self._check(wire)
        except (Unreachable, ServerFault, TimeoutError) as error:
            await wire.drop()
            raise Refused(f"nothing was sent: {str(error) or 'no answer to INFO'}") from None
        except BaseException:
            await wire.drop()
            raise
        return wire

    async def _check(self, wire: Wire) -> None:
        """On the connection that the change goes over: it ends with the process at its other end. Raises Conflict."""
        info, commands = await wire.call_all([("INFO",), ("INFO", "commandstats")])
        vitals = vitals_of(Fields.of(_told(info), self._client.source))
        self._before, self._at_flush = flushes_of(commands), vitals
        if vitals.server.run_id != self._scope.run_id:
            raise self._conflict(f"it is another run of the server: {vitals.server.run_id[:12]}")
        if vitals.replication.role != "master":
            raise self._conflict(f"it has become a replica of {vitals.replication.master}")

    def _conflict(self, why: str) -> Conflict:
        was = self._scope.run_id[:12]
        message = f"it is not what it was when the plan was made (run {was}, master): {why}"
        return Conflict(message, source=self._client.source, fix="look again and plan anew")

    async def _settled(self) -> bool | None:
        """By the server's own count of FLUSHDB, and by the keys; None when the two do not say the same.

        The count is for all databases, is lost with a restart, and somebody may reset it.
        """
        info, commands, keys = await self._read()
        calls = flushes_of(commands)
        if info.server.run_id != self._scope.run_id or calls is None or self._before is None:
            return None
        ran, fewer = calls > self._before, keys < self._scope.keys / 2
        return ran if ran is fewer else None

    def _follow(self) -> AsyncGenerator[Progress, None]:
        """Freed, then filled again, as far as that is seen. A cut is waited out."""
        return followed(self._look, every=EVERY, longest=LONGEST)

    async def _look(self) -> Progress:
        info, _, keys = await self._read()
        if self._emptied is None and not info.memory.pending_frees:
            self._emptied = time.monotonic()
        return self._progress(info, keys, None if self._emptied is None else time.monotonic() - self._emptied)

    def _progress(self, info: Vitals, keys: int, since: float | None) -> Progress:
        """`since` is how long ago the memory was free again, in seconds; None while it is not."""
        if info.server.run_id != self._scope.run_id:
            return Progress(Stage.FAILED, "the server was restarted: what it holds now comes from its disk")
        freed = f"memory {size(self._scope.vitals.memory.used)} → {size(info.memory.used)}"
        if since is None:
            return Progress(Stage.RUNNING, f"{keys} keys; {info.memory.pending_frees} objects are being freed; {freed}")
        if keys:
            return Progress(Stage.DONE, f"emptied, and filling again: {keys} keys; {freed}", 1.0)
        if since < REFILL:
            return Progress(Stage.RUNNING, f"emptied; nobody has written yet; {freed}", 0.9)
        said = f"emptied; nobody wrote within {REFILL:g} s: do the services still reach it?"
        return Progress(Stage.DONE, f"{said} {freed}", 1.0)

    async def _verify(self) -> Sequence[Finding]:
        """Does it answer, does it hit, does it complain."""
        source = self._client.source
        way = judge_trip(await travel(self._client), self._client.target, source)
        info, _, keys = await self._read()
        return [way, self._hits(info, keys), self._errors(info)]

    def _hits(self, info: Vitals, keys: int) -> Finding:
        before, now = self._at_flush.totals, info.totals
        hits, misses = now.hits - before.hits, now.misses - before.misses
        quote = f"{hits} hits, {misses} misses, {keys} keys since the flush"
        ratio = hits / (hits + misses) if hits + misses > 0 else None
        if ratio is None:
            return finding("R06", "redis/hits", Verdict.PASS, "nothing was read since", quote, self._client.source)
        cold = ratio < self._redis.thresholds.cache_hit_ratio
        said = f"{ratio:.0%} of the reads hit since" + (": still cold, watch the database's load" if cold else "")
        verdict = Verdict.WARN if cold else Verdict.PASS
        return finding("R06", "redis/hits", verdict, said, quote, self._client.source)

    def _errors(self, info: Vitals) -> Finding:
        errors = info.totals.errors - self._at_flush.totals.errors
        rejected = info.totals.rejected - self._at_flush.totals.rejected
        quote = f"total_error_replies +{errors}, rejected_connections +{rejected} since the flush"
        if rejected > 0:
            said = "clients are turned away"
            return finding("R05", "redis/errors", Verdict.FAIL, said, quote, self._client.source)
        return finding("R04", "redis/errors", Verdict.PASS, "no client was turned away", quote, self._client.source)

    async def _read(self) -> tuple[Vitals, Any, int]:
        """(what INFO says, its command statistics, the number of keys) now."""
        info, commands, keys = await self._client.ask_all([("INFO",), ("INFO", "commandstats"), ("DBSIZE",)])
        return vitals_of(Fields.of(_told(info), self._client.source)), commands, int(_told(keys))


def _told(reply: Any) -> Any:
    """The reply. Raises it when it is a refusal."""
    if isinstance(reply, BackendError):
        raise reply
    return reply
