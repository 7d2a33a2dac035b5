"""The frontend: a web server before the single-page application and the API. Port 8080."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from sandbox.cluster.nodes.programs.box import Box
from sandbox.cluster.nodes.programs.service import Line, Service
from sandbox.cluster.seams import HttpAnswer

_PATHS = (
    "/", "/static/js/main.4f2a1c.js", "/static/css/main.9b1d.css", "/api/v1/quotes", "/api/v1/swaps",
    "/api/v1/pools", "/favicon.ico",
)  # fmt: skip
_AGENTS = ("Mozilla/5.0 (X11; Linux x86_64)", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1)", "ELB-HealthChecker/2.0")


class Frontend(Service):
    """See `Service`. Its image is small: no curl, no pg_isready."""

    port: ClassVar[int] = 8080
    rate: ClassVar[float] = 14.0
    boot: ClassVar[float] = 1.2
    base_memory = 58 * 2**20
    base_cpu = 25
    tools = frozenset({"wget", "nc"})

    def greeting(self, box: Box) -> list[Line]:
        """See `Service`."""
        return [
            (
                "info",
                "upstreams",
                {"api": "http://fusion-bitcoin-resolver:3001", "relay": "http://fusion-bitcoin-relayer:3000"},
            )
        ]

    def line(self, box: Box, at: float) -> Line:
        """See `Service`."""
        rng = box.rng
        status = rng.choices((200, 304, 404, 499, 502, 503), (900, 60, 20, 8, 5, 3))[0]
        level = "error" if status >= 500 else "warn" if status in (404, 499) else "info"
        fields = {
            "method": "GET", "path": rng.choice(_PATHS), "status": status, "bytes": rng.randrange(180, 48_000),
            "took_ms": round(rng.lognormvariate(3.0, 0.8), 1), "client": f"203.0.113.{rng.randrange(1, 254)}",
            "agent": rng.choice(_AGENTS),
        }  # fmt: skip
        if status == 502:
            fields["err"] = "upstream prematurely closed connection"
        return level, "request", fields

    def dependencies(self, box: Box, at: float) -> dict[str, Any]:
        """See `Service`."""
        down = bool(box.setting.unready)
        state = {"status": "down", "err": box.setting.unready} if down else {"status": "up"}
        return {"resolver": state, "relayer": {"status": "up"}}

    def pages(self) -> dict[str, Callable[[Box], HttpAnswer]]:
        """See `Service`."""
        return {"/": _index, "/api/v1/pools": _index}


def _index(box: Box) -> HttpAnswer:
    page = f"<!doctype html><title>Fusion Bitcoin</title><p>version {box.version}</p>\n"
    return HttpAnswer(200, page.encode(), {"Content-Type": "text/html; charset=utf-8"})
