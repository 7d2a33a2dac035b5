"""A program that serves until it is stopped, and what the services of the bridge have in common."""

from __future__ import annotations

import asyncio
import json
import math
import time
from collections.abc import Callable
from typing import Any, ClassVar

from sandbox.cluster.nodes.programs.box import Ask, Box, json_line
from sandbox.cluster.nodes.programs.exposition import exposition
from sandbox.cluster.nodes.times import NANOS
from sandbox.cluster.seams import HttpAnswer

HISTORY = 15 * 60.0
"""Seconds of log that a pod of the seeded estate already has."""
_BATCH = 0.05

Line = tuple[str, str, dict[str, Any]]
"""Level, message, fields."""


def as_json(status: int, body: Any) -> HttpAnswer:
    """A JSON answer."""
    return HttpAnswer(status, json.dumps(body).encode() + b"\n", {"Content-Type": "application/json"})


def not_found(ask: Ask) -> HttpAnswer:
    """404 as a small web server says it."""
    return HttpAnswer(404, f"404 page not found: {ask.path}\n".encode(), {"Content-Type": "text/plain"})


class Service:
    """Boots, listens, talks about every two seconds, drains on SIGTERM."""

    port: ClassVar[int] = 0
    gap: ClassVar[float] = 2.0
    boot: ClassVar[float] = 2.0
    rate: ClassVar[float] = 4.0
    """Requests a second."""
    needs: ClassVar[frozenset[str]] = frozenset()
    """The names of what it depends on whose faults it feels."""
    base_memory = 120 * 2**20
    base_cpu = 60
    tools: frozenset[str] = frozenset()

    async def run(self, box: Box) -> int:
        """See `Program`."""
        if box.recalled:
            self._recall(box)
        else:
            code = await self._start(box)
            if code is not None:
                return code
        box.listening.add(self.port)
        try:
            await self._serve(box)
        finally:
            box.listening.clear()
        box.say("info", "SIGTERM received, draining", in_flight=box.rng.randrange(4))
        await box_drain(box)
        box.say("info", "shutdown complete")
        return 0

    async def _start(self, box: Box) -> int | None:
        box.say("info", f"starting {box.container['name']} {box.version}", commit=box.world.bridge.token(box.image, 8))
        failure = self.broken(box)
        if await box.pause(self.boot / 2):
            return 0
        if failure is not None:
            return failure
        for level, message, fields in self.greeting(box):
            box.say(level, message, **fields)
        if await box.pause(self.boot / 2):
            return 0
        box.say("info", "listening", addr=f":{self.port}")
        return None

    async def _serve(self, box: Box) -> None:
        while True:
            flood = box.setting.flood
            if await (box.pause(_BATCH * box.world.pace.factor) if flood else self._gap(box)):
                return
            if flood:
                self._gush(box, int(flood * _BATCH))
            else:
                self._speak(box, None)

    async def _gap(self, box: Box) -> bool:
        return await box.pause(box.rng.uniform(0.4, 1.6) * self.gap, talk=True)

    def _speak(self, box: Box, at: int | None) -> None:
        when = at if at is not None else time.time_ns()
        level, message, fields = self._near_limit(box) or self._ailing(box, at) or self.line(box, when / NANOS)
        box.say(level, message, at=at, **fields)

    def _near_limit(self, box: Box) -> Line | None:
        """While memory grows towards the limit every third line says so: the kernel kills without a word."""
        limit, used = box.memory_limit, box.memory(self.base_memory) if box.setting.hungry else 0
        if not limit or used < 0.75 * limit or box.rng.random() < 0.66:
            return None
        return "warn", "memory near the limit", {"rss_mib": min(used, limit) >> 20, "limit_mib": limit >> 20}

    def _ailing(self, box: Box, at: int | None) -> Line | None:
        """While something it depends on is broken, every other line says so; the past was well."""
        felt = [each for each in box.world.knobs.felt if each.dependency in self.needs]
        if at is not None or not felt or box.rng.random() < 0.5:
            return None
        one = box.rng.choice(felt)
        return one.level, one.message, dict(one.fields) | ({"err": one.error} if one.error else {})

    def _gush(self, box: Box, count: int) -> None:
        at = time.time_ns()
        start = box.served.get("flood", 0)
        fields = {"pool": "wbtc-eth", "attempt": 0, "err": "nonce too low"}
        head = json_line(box, "warn", "retrying quote", at, fields)[:-1]
        box.served["flood"] = start + count
        box.ring.write_many(head + b',"n":%d}' % number for number in range(start, start + count))

    def _recall(self, box: Box) -> None:
        at = time.time() - min(HISTORY, box.age)
        end = time.time()
        while at < end:
            self._speak(box, int(at * NANOS))
            at += box.rng.uniform(0.4, 1.6) * self.gap

    # -- what each service fills in

    def broken(self, box: Box) -> int | None:
        """Write why it cannot start and return its exit code; None when it can."""
        return crash_on_demand(box)

    def greeting(self, box: Box) -> list[Line]:
        """Lines of a good start."""
        return []

    def line(self, box: Box, at: float) -> Line:
        """What it says at that time (epoch seconds)."""
        raise NotImplementedError

    def dependencies(self, box: Box, at: float) -> dict[str, Any]:
        """The dependencies of /health: name to {"status": "up" or "down", …}."""
        return {}

    def gauges(self, box: Box, at: float) -> list[tuple[str, str, dict[str, str], float]]:
        """Its own metrics: name, help, labels, value."""
        return []

    def answer(self, box: Box, ask: Ask) -> HttpAnswer:
        """See `Program`: /health, /ready, /metrics."""
        path = ask.path.partition("?")[0]
        pages: dict[str, Callable[[Box], HttpAnswer]] = {
            "/health": self._health, "/ready": self._ready, "/metrics": self._metrics, **self.pages(),
        }  # fmt: skip
        page = pages.get(path)
        answer = page(box) if page else not_found(ask)
        code = str(answer.status)
        box.served[code] = box.served.get(code, 0) + 1
        return answer

    def pages(self) -> dict[str, Callable[[Box], HttpAnswer]]:
        """Further paths."""
        return {}

    def _health(self, box: Box) -> HttpAnswer:
        parts = self.dependencies(box, time.time())
        for felt in box.world.knobs.felt:
            if felt.error and felt.dependency in parts:
                parts[felt.dependency] = {"status": "down", "err": felt.error}
        up = all(part["status"] == "up" for part in parts.values())
        state = "ok" if up and not box.setting.unready else "degraded"
        body = {
            "status": state, "service": box.container["name"], "version": box.version,
            "uptime_seconds": int(box.age), "dependencies": parts,
        }  # fmt: skip
        return as_json(200, body)

    def _ready(self, box: Box) -> HttpAnswer:
        why = box.setting.unready
        return as_json(503, {"ready": False, "reason": why}) if why else as_json(200, {"ready": True})

    def _metrics(self, box: Box) -> HttpAnswer:
        text = exposition(box, self.rate, box.memory(self.base_memory), self.gauges(box, time.time()))
        return HttpAnswer(200, text.encode(), {"Content-Type": "text/plain; version=0.0.4; charset=utf-8"})


async def box_drain(box: Box) -> None:
    """The second or so it takes to finish what is in flight."""
    await asyncio.sleep(box.world.pace.seconds(box.rng.uniform(0.6, 1.4)))


def crash_on_demand(box: Box) -> int | None:
    """The lab images of the real cluster crash when CRASH_NOW is set; so do these."""
    reason = box.env.get("CRASH_NOW")
    if not reason:
        return None
    box.say("error", "cannot start", err=reason)
    panic(box, reason)
    return int(box.env.get("CRASH_CODE", "2"))


def panic(box: Box, reason: str) -> None:
    """A stack trace over several lines on stderr."""
    name = box.container["name"]
    trace = (
        f"panic: {reason}", "", "goroutine 1 [running]:",
        f"main.mustConfigure(0xc0001{math.floor(box.rng.random() * 4096):03x}00)",
        f"\t/src/cmd/{name}/config.go:118 +0x2f4",
        "main.main()", f"\t/src/cmd/{name}/main.go:42 +0x1d",
    )  # fmt: skip
    box.ring.write_many([line.encode() for line in trace], stream="stderr")
