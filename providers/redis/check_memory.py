"""Memory against its limit, fragmentation, and what is evicted (R03)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from providers.core.check import Check, Finding, Verdict
from providers.core.config import Thresholds
from providers.redis.finding import finding, parts, size, with_rates
from providers.redis.values import Memory, Rates, Vitals

if TYPE_CHECKING:
    from providers.redis.provider import Redis

AT_LIMIT: Final = 0.95
"""Part of maxmemory from which the next writes decide: they are refused, or something is evicted for them."""
FRAGMENTED: Final = 1.5
SWAPPED: Final = 0.9
WASTED: Final = 100 * 1024 * 1024
"""Bytes between resident and used memory below which their ratio says nothing: small caches all look fragmented."""
OF_MACHINE: Final = 0.8


def checks(redis: Redis) -> tuple[Check, ...]:
    """Bound to the overview of one cache."""

    async def memory() -> list[Finding]:
        overview = await with_rates(redis)
        found = [
            f for subject, vitals in parts(overview) for f in judge(subject, vitals, redis.thresholds, redis.source)
        ]
        return [*found, judge_evictions(overview.rates, overview.vitals, redis.source)]

    return (Check("R03", "Has the cache memory left?", redis.source, memory),)


def judge(subject: str, vitals: Vitals, thresholds: Thresholds, source: str) -> list[Finding]:
    """Use against the limit, and the state of what is used."""
    return [judge_use(subject, vitals, thresholds, source), judge_shape(subject, vitals.memory, source)]


def judge_use(subject: str, vitals: Vitals, thresholds: Thresholds, source: str) -> Finding:
    """At the limit it is the policy that decides: with nothing to evict, writes fail."""
    memory = vitals.memory
    quote = f"used {size(memory.used)}, peak {size(memory.peak)}, maxmemory {_limit(memory)}, {memory.policy}"
    part = memory.of_maximum
    if part is None:
        return _without_limit(subject, memory, quote, source)
    said = f"{part:.0%} of maxmemory used"
    if part >= AT_LIMIT and not evicts(vitals):
        fix = "free memory, raise maxmemory, or set a policy that evicts (CONFIG SET maxmemory-policy allkeys-lru)"
        return finding("R03", subject, Verdict.FAIL, f"{said}, nothing can be evicted: writes fail", quote, source, fix)
    if part >= min(AT_LIMIT, thresholds.cache_memory):
        fix = "look at the big keys, and at keys without a time to live" if part >= AT_LIMIT else ""
        return finding("R03", subject, Verdict.WARN, said, quote, source, fix)
    return finding("R03", subject, Verdict.PASS, said, quote, source)


def evicts(vitals: Vitals) -> bool:
    """Whether the policy finds something to evict; a volatile one only takes keys that have a time to live."""
    policy = vitals.memory.policy
    if policy.startswith("volatile"):
        return any(database.expires for database in vitals.databases)
    return policy.startswith("allkeys")


def _without_limit(subject: str, memory: Memory, quote: str, source: str) -> Finding:
    part = memory.used / memory.system if memory.system else 0.0
    said = f"no maxmemory is set; {part:.0%} of the machine's memory is used"
    verdict = Verdict.WARN if part >= OF_MACHINE else Verdict.PASS
    fix = "set maxmemory, or the kernel ends the server when memory is short" if verdict is Verdict.WARN else ""
    return finding("R03", subject, verdict, said, f"{quote}, machine {size(memory.system)}", source, fix)


def judge_shape(subject: str, memory: Memory, source: str) -> Finding:
    """Resident memory far above what is used is fragmented, below it is swapped out."""
    between = memory.resident - memory.used
    quote = f"mem_fragmentation_ratio {memory.fragmentation:g}, resident {size(memory.resident)}"
    if memory.fragmentation > FRAGMENTED and between >= WASTED:
        fix = "CONFIG SET activedefrag yes where it is offered, else restart a replica and fail over to it"
        said = f"fragmented: {size(between)} more resident than used"
        return finding("R03", subject, Verdict.WARN, said, quote, source, fix)
    if 0 < memory.fragmentation < SWAPPED and -between >= WASTED:
        said = f"{size(-between)} seem to be swapped out: answers wait for the disk"
        return finding("R03", subject, Verdict.WARN, said, quote, source, "look at the machine's memory and swap")
    return finding("R03", subject, Verdict.PASS, "not fragmented", quote, source)


def judge_evictions(rates: Rates | None, vitals: Vitals, source: str) -> Finding:
    """Evicting now is a sign that what is needed does not fit."""
    quote = f"evicted_keys {vitals.totals.evicted} since the start"
    if rates is None:
        return finding("R03", "redis/evictions", Verdict.UNKNOWN, "not known yet: only one reading", quote, source)
    if rates.evictions > 0:
        said = f"{rates.evictions:.0f} keys a second are evicted"
        fix = "raise maxmemory or shorten times to live: what is evicted is read again from where it came"
        return finding("R03", "redis/evictions", Verdict.WARN, said, quote, source, fix)
    return finding("R03", "redis/evictions", Verdict.PASS, "nothing is evicted now", quote, source)


def _limit(memory: Memory) -> str:
    return size(memory.maximum) if memory.maximum else "none"
