"""Lines of the load balancer's access log, in the format of Elastic Load Balancing.

The fields are those of "Access logs for your Application Load Balancer" in its user guide, up to `conn_trace_id`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import NamedTuple

from sandbox.aws.account import ACCOUNT
from sandbox.aws.balancer import PATHS, TARGETS, Balancer
from sandbox.aws.network import PORTS
from sandbox.cluster.nodes.estate.machines import REGION

STREAM = f"{ACCOUNT}_elasticloadbalancing_{REGION}"
_AGENTS = (
    "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15",
    "curl/8.9.1",
    "fusion-sdk/1.4.0",
)
_REQUESTS = {
    "frontend": ("GET /", "GET /static/js/main.js", "GET /favicon.ico"),
    "resolver": ("GET /api/v1/quotes", "GET /api/v1/pools", "POST /api/v1/swaps"),
    "relayer": ("GET /relay/status", "POST /relay/submit"),
}
_SLOW = {"/relay/submit": 15.0, "/api/v1/swaps": 6.0}
"""What waits for a chain, and how many times as long as the others."""
_OUTCOMES = ((200, 926), (304, 25), (404, 20), (429, 10), (500, 6), (502, 5), (503, 4), (504, 4))
_TIMEOUT = 60.0


class _Exchange(NamedTuple):
    """What came of a request. Times are seconds; -1 stands for a stage that was not reached."""

    status: int
    target_status: str
    waited: tuple[float, float, float]


def line(random: Random, at: datetime, balancer: Balancer) -> str:
    """One request that ended at this moment."""
    service = random.choices(tuple(_REQUESTS), (5, 4, 2))[0]
    method, _, path = random.choice(_REQUESTS[service]).partition(" ")
    exchange = _exchange(random, _SLOW.get(path, 1.0))
    target = f"{random.choice(TARGETS[service])}:{PORTS[service]}" if exchange.status != 503 else "-"
    host = f"{balancer.name}-1.{REGION}.elb.amazonaws.com"
    begun = at - timedelta(seconds=sum(max(0.0, wait) for wait in exchange.waited))
    fields = (
        "http", _stamp(at), balancer.dimension, f"{_client(random)}:{random.randrange(1024, 65536)}", target,
        *(f"{wait:.3f}" if wait >= 0 else "-1" for wait in exchange.waited), str(exchange.status),
        exchange.target_status, str(random.randrange(120, 900)), str(random.randrange(180, 48_000)),
        f'"{method} http://{host}:80{path} HTTP/1.1"', f'"{random.choice(_AGENTS)}"', "-", "-",
        balancer.groups[service], f'"Root=1-{int(begun.timestamp()):08x}-{random.getrandbits(96):024x}"', '"-"', '"-"',
        _priority(service), _stamp(begun), '"forward"', '"-"', '"-"', f'"{target}"', f'"{exchange.target_status}"',
        '"-"', '"-"', f"TID_{random.getrandbits(128):032x}",
    )  # fmt: skip
    return " ".join(fields)


def _exchange(random: Random, slowness: float) -> _Exchange:
    """A target that refused the connection or said nothing has no status of its own; 503 had no target at all."""
    statuses, weights = zip(*_OUTCOMES, strict=True)
    status = random.choices(statuses, weights)[0]
    if status == 504:
        return _Exchange(status, "-", (0.001, _TIMEOUT, -1.0))
    if status == 503:
        return _Exchange(status, "-", (-1.0, -1.0, -1.0))
    if status == 502:
        return _Exchange(status, "-", (0.001, -1.0, -1.0))
    return _Exchange(status, str(status), (0.001, slowness * random.lognormvariate(-3, 0.7), 0.0))


def _client(random: Random) -> str:
    """An address of the networks set aside for examples."""
    return f"{random.choice(('198.51.100', '192.0.2'))}.{random.randrange(1, 255)}"


def _priority(service: str) -> str:
    """Of the rule that matched; 0 is the default."""
    return str(1 + list(PATHS).index(service)) if service in PATHS else "0"


def _stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
