"""A bounded ring of log lines, kept as bytes, decoded and coloured only where one can see them."""

from __future__ import annotations

import zlib
from collections import deque
from collections.abc import Iterable
from itertools import islice
from typing import Any, ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from providers.kube.logs import LogBatch, LogLine, LogState
from tui.filter import Filter
from tui.keys import bindings
from tui.text import fitted

ERROR_MARKS = (b"error", b"ERROR", b"panic", b"FATAL", b"fatal", b"Traceback", b"Exception")
WARN_MARKS = (b"warn", b"WARN")
_HUES = ("cyan", "green", "magenta", "yellow", "blue", "bright_cyan", "bright_green", "bright_magenta")


class Tail(ScrollView, can_focus=True):
    """`append` takes batches; while following the newest line stays in sight, while paused nothing moves."""

    BINDINGS: ClassVar[list[Any]] = bindings("tail")
    COMPONENT_CLASSES: ClassVar[set[str]] = {"tail--plain", "tail--error", "tail--warn", "tail--muted", "tail--title"}
    DEFAULT_CSS = """
    Tail {
        background: $background; scrollbar-size-vertical: 1; scrollbar-size-horizontal: 0;
        & .tail--error { color: $text-error; text-style: bold; }
        & .tail--warn { color: $text-warning; }
        & .tail--muted { color: $foreground 60%; }
        & .tail--title { background: $primary 45%; color: $foreground; text-style: bold; }
    }
    """
    places = ("tail",)

    def __init__(self, title: str, capacity: int) -> None:
        super().__init__()
        self._title = title
        self._ring: deque[LogLine] = deque(maxlen=capacity)
        self._shown: deque[LogLine] = deque(maxlen=capacity)
        self.filter = Filter()
        self.following = True
        self._stamped = True
        self._received = 0
        self._missed = 0
        self._state = LogState({}, 0, 0, 0)
        self._fault = ""

    def append(self, batch: LogBatch) -> None:
        """Take over lines and the state of the streams; what falls out of the ring is counted."""
        self._received += len(batch.lines)
        self._state = batch.state
        self._ring.extend(batch.lines)
        kept = [line for line in batch.lines if self._keeps(line)]
        overflow = max(0, len(self._shown) + len(kept) - (self._shown.maxlen or 0))
        self._shown.extend(kept)
        if not self.following:
            self._missed += len(kept)
            # The lines in sight stay in sight although older ones fell out.
            if overflow:
                self.scroll_to(y=max(0, self.scroll_offset.y - overflow), animate=False)
        self._resize()

    def fail(self, message: str) -> None:
        """The whole read is over, and why."""
        self._fault = message
        self.refresh()

    def set_filter(self, chosen: Filter) -> None:
        """Filter what is kept and what will come."""
        self.filter = chosen
        self._shown = deque((line for line in self._ring if self._keeps(line)), maxlen=self._ring.maxlen)
        self._resize()

    def _keeps(self, line: LogLine) -> bool:
        return not self.filter.text or self.filter.keeps(line.text[:2048].decode("utf-8", "replace"))

    def _resize(self) -> None:
        self.virtual_size = Size(self.size.width, len(self._shown) + 1)
        if self.following:
            self.scroll_to(y=max(0, len(self._shown) + 1 - self.size.height), animate=False)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        if y == 0:
            return Strip([Segment(fitted(self._summary(), width), self.get_component_rich_style("tail--title"))])
        index = y - 1 + self.scroll_offset.y
        if index >= len(self._shown):
            return Strip.blank(width, self.get_component_rich_style("tail--plain"))
        return self._line(self._at(index), width)

    def _at(self, index: int) -> LogLine:
        # A deque is slow in its middle; what one looks at is nearly always near its end.
        return self._shown[index - len(self._shown)] if index > len(self._shown) // 2 else self._shown[index]

    def _line(self, line: LogLine, width: int) -> Strip:
        style = self.get_component_rich_style(f"tail--{_level(line.text)}")
        muted = self.get_component_rich_style("tail--muted")
        stamp = f"{line.stamp[11:23].decode('ascii', 'replace')} " if self._stamped and line.stamp else ""
        who = f"{line.pod}/{line.container} " if width >= 100 else f"{line.pod[-5:]} "
        segments = [Segment(stamp, muted), Segment(who, muted + _hue(line.pod))]
        room = max(0, width - len(stamp) - len(who))
        segments.append(Segment(fitted(line.text[: room * 4 + 16].decode("utf-8", "replace"), room), style))
        return Strip(segments).adjust_cell_length(width, style)

    def _summary(self) -> str:
        kept = f"{len(self._shown)} of {self._received} lines"
        fell = self._received - len(self._ring)
        parts = [self._title, "following" if self.following else f"PAUSED, {self._missed} newer", kept]
        parts += [f"{count} {word}" for count, word in self._lost(fell) if count]
        if self.filter.text:
            parts.append(f"filter {self.filter.text}")
        parts += list(_states(self._state.streams))
        if self._fault:
            parts.append(f"ENDED: {self._fault}")
        return " " + " · ".join(parts)

    def _lost(self, fell: int) -> Iterable[tuple[int, str]]:
        return (
            (fell, "fell out of the ring"), (self._state.dropped, "DROPPED"), (self._state.skipped, "too long"),
            (self._state.duplicates, "repeats left out"),
        )  # fmt: skip

    def action_scroll_line(self, by: int) -> None:
        if by < 0:
            self.following = False
        self.scroll_to(y=self.scroll_offset.y + by, animate=False)
        self.refresh()

    def action_first(self) -> None:
        self.following = False
        self.scroll_to(y=0, animate=False)

    def action_follow(self) -> None:
        self.following, self._missed = True, 0
        self._resize()

    def action_pause(self) -> None:
        if self.following:
            self.following = False
            self.refresh()
        else:
            self.action_follow()

    def action_stamps(self) -> None:
        self._stamped = not self._stamped
        self.refresh()

    def action_error(self, direction: int) -> None:
        """The next or previous line that looks like an error, put on top."""
        start = self.scroll_offset.y + direction
        indexes = range(start, len(self._shown)) if direction > 0 else range(min(start, len(self._shown) - 1), -1, -1)
        lines = islice(self._shown, start, None) if direction > 0 else (self._at(i) for i in indexes)
        for index, line in zip(indexes, lines, strict=False):
            if _level(line.text) == "error":
                self.following = False
                self.scroll_to(y=index, animate=False)
                self.refresh()
                return
        self.app.bell()


def _level(text: bytes) -> str:
    head = text[:400]
    if any(mark in head for mark in ERROR_MARKS):
        return "error"
    return "warn" if any(mark in head for mark in WARN_MARKS) else "plain"


def _hue(pod: str) -> Style:
    return Style(color=_HUES[zlib.crc32(pod.encode()) % len(_HUES)])


def _states(streams: dict[str, str]) -> Iterable[str]:
    """How many streams are in each state; what is not live by name."""
    live = sum(state == "live" for state in streams.values())
    ended = sum(state == "ended" for state in streams.values())
    if streams:
        yield f"{live} live" + (f", {ended} ended" if ended else "")
    yield from (f"{label} {state}" for label, state in streams.items() if state not in {"live", "ended"})
