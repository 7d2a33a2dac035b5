"""What the log endpoint is asked and what it answers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import Final, overload

import msgspec

from providers.core.errors import NotFound
from providers.kube.client import KubeClient
from providers.logs.line import Line, Origin

_STAMP: Final = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z(?= )")


class LogTarget(msgspec.Struct, frozen=True):
    """Which logs: one pod by `pod`, or every pod that `selector` chooses. `container` "" means all."""

    namespace: str
    pod: str = ""
    selector: str = ""
    container: str = ""
    previous: bool = False
    tail: int | None = 500
    """Lines of each container to begin with; None: all."""
    since: int | None = None
    """Seconds back from now."""
    since_time: datetime | None = None
    follow: bool = True


def log_params(
    target: LogTarget, container: str, *, previous: bool, resume: str, tail: int | None
) -> dict[str, str | int]:
    """The query of one request; `resume` is from when a log that was read already goes on."""
    params: dict[str, str | int] = {"container": container, "timestamps": "true"}
    if previous:
        params["previous"] = "true"
    elif target.follow:
        params["follow"] = "true"
    if resume:
        params["sinceTime"] = resume
    elif target.since_time is not None:
        params["sinceTime"] = target.since_time.astimezone(UTC).isoformat().replace("+00:00", "Z")
    elif target.since is not None:
        params["sinceSeconds"] = target.since
    if tail is not None and not resume:
        params["tailLines"] = tail
    return params


async def restarts_of(client: KubeClient, path: str, origin: Origin) -> int:
    """How often a container was restarted, asked of its pod. Raises NotFound also for another pod of that name."""
    pod = await client.object(path)
    if pod["metadata"]["uid"] != origin.life:
        raise NotFound(f"the pod {origin.name} was replaced", source=client.source)
    status = pod.get("status") or {}
    every = [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]
    return next((int(one["restartCount"]) for one in every if one["name"] == origin.part), 0)


def stamp_of(raw: bytes) -> bytes:
    """The stamp a line begins with; b"" without one."""
    found = _STAMP.match(raw)
    return found[0] if found else b""


class Unread(Sequence[Line]):
    """Lines as the kubelet sends them with timestamps=true, each made when it is looked at: most are screened out.

    `stamp` is that of the line before the first.
    """

    def __init__(self, origin: Origin, raws: Sequence[bytes], stamp: bytes) -> None:
        self.raws = raws
        self._origin = origin
        self._stamp = stamp

    def __len__(self) -> int:
        return len(self.raws)

    def __iter__(self) -> Iterator[Line]:
        return iter(self._lines)

    @overload
    def __getitem__(self, at: int) -> Line: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Line]: ...
    def __getitem__(self, at: int | slice) -> Line | Sequence[Line]:
        if isinstance(at, int) and (stamp := stamp_of(self.raws[at])):
            return Line(self._origin, stamp, self.raws[at][len(stamp) + 1 :])
        return self._lines[at]

    @cached_property
    def _lines(self) -> list[Line]:
        return parsed(self._origin, self.raws, self._stamp)


def parsed(origin: Origin, raws: Sequence[bytes], stamp: bytes) -> list[Line]:
    """Lines from what the kubelet sends with timestamps=true; one without a stamp has that of the line before it."""
    lines: list[Line] = []
    for raw in raws:
        found = _STAMP.match(raw)
        if found:
            stamp = found[0]
            lines.append(Line(origin, stamp, raw[found.end() + 1 :]))
        else:
            lines.append(Line(origin, stamp, raw))
    return lines
