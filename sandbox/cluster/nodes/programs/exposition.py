"""The Prometheus text of a service: request counters, latency, process figures and its own gauges."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from sandbox.cluster.nodes.programs.box import Box

Gauge = tuple[str, str, dict[str, str], float]
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_SHARES = {"200": 0.975, "304": 0.012, "404": 0.008, "500": 0.003, "503": 0.002}
_MEDIAN = 0.032


def _sample(name: str, labels: dict[str, str], value: float) -> str:
    inside = ",".join(f'{k}="{v}"' for k, v in labels.items())
    number = str(int(value)) if float(value).is_integer() else f"{value:.6g}"
    return f"{name}{{{inside}}} {number}" if inside else f"{name} {number}"


def _head(name: str, text: str, kind: str) -> list[str]:
    return [f"# HELP {name} {text}", f"# TYPE {name} {kind}"]


def requests_served(box: Box, rate: float) -> float:
    """Requests since the start: a steady rate with a slow swell, never falling."""
    age = box.age
    return rate * (age + 20 * (1 - math.cos(age / 60)))


def _share_below(bound: float) -> float:
    """The log-normal share of requests faster than `bound` seconds."""
    return 0.5 * (1 + math.erf(math.log(bound / _MEDIAN) / (0.9 * math.sqrt(2))))


def _counters(box: Box, total: float) -> Iterator[str]:
    yield from _head("http_requests_total", "Requests by status code.", "counter")
    codes = {code: int(total * share) for code, share in _SHARES.items()}
    for code in sorted({*codes, *(c for c in box.served if c.isdigit())}):
        yield _sample(
            "http_requests_total", {"code": code, "method": "GET"}, codes.get(code, 0) + box.served.get(code, 0)
        )


def _latency(total: float) -> Iterator[str]:
    name = "http_request_duration_seconds"
    yield from _head(name, "Latency of requests.", "histogram")
    for bound in _BUCKETS:
        yield _sample(f"{name}_bucket", {"le": f"{bound:g}"}, int(total * _share_below(bound)))
    yield _sample(f"{name}_bucket", {"le": "+Inf"}, int(total))
    yield _sample(f"{name}_sum", {}, round(total * _MEDIAN * 1.5, 3))
    yield _sample(f"{name}_count", {}, int(total))


def _process(box: Box, memory: int) -> Iterator[str]:
    figures: tuple[Gauge, ...] = (
        ("process_resident_memory_bytes", "Resident memory.", {}, memory),
        (
            "process_start_time_seconds",
            "Start of the process, in epoch seconds.",
            {},
            round(box.started.timestamp(), 2),
        ),
        ("process_open_fds", "Open file descriptors.", {}, 41 + int(box.age) % 7),
        ("build_info", "Version of the build.", {"version": box.version}, 1),
    )
    yield from _gauges(figures)


def _gauges(gauges: Iterable[Gauge]) -> Iterator[str]:
    seen = ""
    for name, text, labels, value in gauges:
        if name != seen:
            yield from _head(name, text, "gauge")
            seen = name
        yield _sample(name, labels, value)


def exposition(box: Box, rate: float, memory: int, gauges: Iterable[Gauge]) -> str:
    """All of it, ending in a newline."""
    total = requests_served(box, rate)
    lines = [*_counters(box, total), *_latency(total), *_process(box, memory), *_gauges(gauges)]
    return "\n".join(lines) + "\n"
