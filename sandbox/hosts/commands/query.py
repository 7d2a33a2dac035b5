"""What journalctl was asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.hosts.call import Options
from sandbox.hosts.commands.moments import moment
from sandbox.hosts.facts import Line
from sandbox.hosts.host import Host
from sandbox.hosts.journal import KEPT

PRIORITIES = ("emerg", "alert", "crit", "err", "warning", "notice", "info", "debug")
LAST = 10
"""Lines shown when only "the last ones" are asked for."""
_WINDOWS = (600.0, 3600.0, KEPT)


class Unreadable(ValueError):
    """An option's value cannot be read; `str()` is the complaint."""


@dataclass(frozen=True)
class Query:
    """`count` None is everything from `since` on; moments are epoch seconds of the machine's clock."""

    units: frozenset[str]
    kernel: bool
    since: float
    until: float
    count: int | None
    priority: int
    pattern: re.Pattern[str] | None

    def takes(self, line: Line) -> bool:
        """Whether the line is one of those asked for."""
        if line.priority > self.priority or not (self.pattern is None or self.pattern.search(line.text)):
            return False
        if self.kernel:
            return line.source == "kernel"
        return not self.units or f"{line.source}.service" in self.units

    def between(self, host: Host, start: float, end: float) -> Iterator[Line]:
        """Lines of (start, end], oldest first."""
        model = host.model
        written = [*model.kernel_lines(max(start, end - KEPT), end)]
        for line in model.journal.between(start, end):
            while written and written[0].at <= line.at:
                yield from filter(self.takes, [written.pop(0)])
            yield from filter(self.takes, [line])
        yield from filter(self.takes, written)

    def begin(self, host: Host, end: float) -> Iterator[Line]:
        """The lines up to `end`: all, or the last ones."""
        if self.count is None:
            return self.between(host, self.since, end)
        return iter(self._last(host, end, self.count))

    def _last(self, host: Host, end: float, count: int) -> list[Line]:
        found: list[Line] = []
        for window in _WINDOWS:
            start = max(self.since, end - window)
            found = [*self.between(host, start, end)]
            if len(found) >= count or start == self.since:
                break
        return found[-count:] if count else []


def query_of(options: Options, now: float, *, follow: bool) -> Query:
    """Read the options. Raises Unreadable."""
    units = (name if "." in name else f"{name}.service" for name in options.all("u", "unit"))
    since, until = options.value("S", "since"), options.value("U", "until")
    pattern = options.value("g", "grep")
    return Query(
        frozenset(units), options.has("k", "dmesg"), now - KEPT if since is None else _moment(since, now),
        now if until is None else _moment(until, now), _count(options, follow=follow), _priority(options),
        None if pattern is None else _pattern(pattern),
    )  # fmt: skip


def _moment(text: str, now: float) -> float:
    found = moment(text, now)
    if found is None:
        raise Unreadable(f"Failed to parse timestamp: {text}")
    return found


def _count(options: Options, *, follow: bool) -> int | None:
    text = options.value("n", "lines")
    if text is None:
        return LAST if follow and not options.has("S", "since", "no-tail") else None
    if text == "all":
        return None
    if not text.isdigit():
        raise Unreadable(f"Failed to parse lines '{text}'")
    return int(text)


def _priority(options: Options) -> int:
    text = options.value("p", "priority")
    if text is None:
        return len(PRIORITIES) - 1
    if text in PRIORITIES:
        return PRIORITIES.index(text)
    if not text.isdigit() or int(text) >= len(PRIORITIES):
        raise Unreadable(f"Unknown log level {text}")
    return int(text)


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text, re.IGNORECASE if text == text.lower() else 0)
    except re.error as wrong:
        raise Unreadable(f'Bad pattern "{text}": {wrong.msg}') from None
