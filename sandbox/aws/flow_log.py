"""Records of the VPC flow log, in its default format (version 2)."""

from __future__ import annotations

from datetime import datetime
from random import Random

from sandbox.aws.account import ACCOUNT
from sandbox.cluster.nodes.estate import config
from sandbox.cluster.nodes.estate.machines import APP_MACHINES, BASTION_IP
from sandbox.cluster.nodes.programs import outside

_TCP = 6
_DATABASE, _REDIS = ((outside.address(host), port) for host, port in (config.DATABASE, config.REDIS))
"""As the pods find them."""
_SCANNED = (22, 23, 445, 3389, 8080)
_WINDOW = 60  # seconds that one record sums up
_REFUSED = 0.12  # part of all records


def record(random: Random, at: datetime, interfaces: dict[str, str]) -> tuple[str, datetime, str]:
    """One flow that was summed up at this moment: its stream, the moment, the line."""
    refused = random.random() < _REFUSED
    here, source, target = _scan(random) if refused else _traffic(random)
    interface = interfaces[here]
    packets = random.randrange(1, 4) if refused else random.randrange(8, 400)
    end = int(at.timestamp())
    fields = (
        2, ACCOUNT, interface, source[0], target[0], source[1], target[1], _TCP, packets,
        packets * random.randrange(40, 900 if not refused else 61), end - _WINDOW, end,
        "REJECT" if refused else "ACCEPT", "OK",
    )  # fmt: skip
    return f"{interface}-all", at, " ".join(map(str, fields))


def _scan(random: Random) -> tuple[str, tuple[str, int], tuple[str, int]]:
    """Somebody outside tries a port of the bastion: whose interface, from where, to where."""
    scanner = f"198.51.100.{random.randrange(1, 255)}", random.randrange(32768, 61000)
    return BASTION_IP, scanner, (BASTION_IP, random.choice(_SCANNED))


def _traffic(random: Random) -> tuple[str, tuple[str, int], tuple[str, int]]:
    """A node talks to the database or to Redis, or is answered."""
    here = random.choice(APP_MACHINES).ip
    node = here, random.randrange(32768, 61000)
    service = random.choice((_DATABASE, _REDIS))
    return (here, node, service) if random.random() < 0.5 else (here, service, node)
