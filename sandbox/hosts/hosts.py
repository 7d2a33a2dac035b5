"""The member of the estate: keys, machines, listeners, and the files that lead to them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from sandbox.cluster.nodes.estate.ground import AGE
from sandbox.cluster.nodes.estate.machines import MACHINES
from sandbox.cluster.nodes.machines import Machine
from sandbox.hosts.call import Call
from sandbox.hosts.commands.table import TOOLS
from sandbox.hosts.doors import BastionDoor, Door, House, Ways
from sandbox.hosts.facts import USER
from sandbox.hosts.host import Host
from sandbox.hosts.login import BASTION, LOOPBACK, Login, known_hosts, ssh_config, write_private
from sandbox.hosts.model import Model
from sandbox.hosts.tenants import Pods, planted, probed, scrapers
from sandbox.member import Grounds
from sandbox.noise import Noise
from sandbox.shell.call import Sink
from sandbox.shell.line import Leave, run_line
from sandbox.shell.pipe import Pipe

_ENVIRONMENT = {"HOME": f"/home/{USER}", "USER": USER, "LANG": "C.UTF-8", "SHELL": "/bin/bash", "PWD": f"/home/{USER}"}
_NO_SHELL = b"There is no interactive shell on this machine: give a single command, as in `ssh HOST uptime`.\n"
_NO_LOGIN = b"This account is currently not available.\n"
_BOOT = 52.0
"""Seconds from the boot of a machine until it joined the cluster."""


class Hosts:
    """`machines` are what faults act on: their `model` is replaced.

    `doors` has the listeners by name, `ways` is where the bastion leads to.
    """

    def __init__(self, directory: Path, login: Login, machines: Mapping[str, Host]) -> None:
        self.machines = dict(machines)
        self._directory = directory
        self._login = login
        self.ways = Ways()
        bastion = House(login.authorized, _turn_away)
        nodes = {
            name: House(login.authorized, partial(_answer, host), behind=self.ways) for name, host in machines.items()
        }
        self.doors = {BASTION: bastion, **nodes}

    async def open(self) -> None:
        """Listen everywhere, and write down how one gets there."""
        for name, house in self.doors.items():
            door = partial(BastionDoor, house, self.ways) if name == BASTION else partial(Door, house)
            await house.open(door)
        for name in self.machines:
            self.allow(self.doors[name].port)
        machines = {name: host.model.machine for name, host in self.machines.items()}
        ports = {name: house.port for name, house in self.doors.items()}
        keys = {name: house.key for name, house in self.doors.items()}
        write_private(self._known_hosts, known_hosts(keys, machines))
        write_private(self._config, ssh_config(self._known_hosts, self._login.identity, ports, machines))

    def allow(self, port: int) -> None:
        """Let the bastion lead to a port of this machine."""
        self.ways.allowed.add(port)

    def follow(self, pods: Pods) -> None:
        """From now on the machines run these pods: those of the living cluster instead of those it began with."""
        for host in self.machines.values():
            host.pods = pods

    @property
    def _config(self) -> Path:
        return self._directory / "ssh_config"

    @property
    def _known_hosts(self) -> Path:
        return self._directory / "known_hosts"

    @property
    def where(self) -> dict[str, Any]:
        addresses = {name: f"{LOOPBACK}:{house.port}" for name, house in self.doors.items()}
        bastion = addresses.pop(BASTION)
        guarded = {"identity": str(self._login.guarded), "passphrase": str(self._login.passphrase)}
        facts = {"config": str(self._config), "known_hosts": str(self._known_hosts), "bastion": bastion}
        return {"ssh": facts | {"identity": str(self._login.identity), "guarded": guarded, "nodes": addresses}}

    @property
    def section(self) -> dict[str, Any]:
        paths = {"ssh_config": str(self._config), "known_hosts": str(self._known_hosts)}
        return {"hosts": paths | {"bastion": BASTION, "bastion_user": USER, "user": USER}}

    @property
    def ports(self) -> tuple[int, ...]:
        return ()

    async def stop(self) -> None:
        """Close every listener and connection; safe to call twice."""
        await asyncio.gather(*(house.close() for house in self.doors.values()))


async def start(grounds: Grounds) -> Hosts:
    """Boot the machines of the estate and open their doors."""
    pods, noise, now = await planted(grounds.seed), Noise(grounds.seed), time.time()
    machines = {machine.name: Host(_model(machine, noise, now, pods), pods) for machine in MACHINES}
    hosts = Hosts(grounds.directory, Login.make(grounds.directory), machines)
    try:
        await hosts.open()
    except BaseException:
        await hosts.stop()
        raise
    return hosts


def _model(machine: Machine, noise: Noise, now: float, pods: Pods) -> Model:
    booted = now - AGE.total_seconds() - _BOOT - 9 * noise.unit(f"boot/{machine.name}", 0)
    return Model(machine, noise, booted, probed(machine.name, pods()), scrapers(pods()))


async def _answer(host: Host, line: str | None, stdin: Pipe, out: Sink, err: Sink) -> int:
    if line is None:
        await err.write(_NO_SHELL)
        return 1
    call = Call(
        argv=["bash", "-c", line], stdin=stdin, out=out, err=err, env=dict(_ENVIRONMENT), host=host, tools=TOOLS
    )
    try:
        return await run_line(call, line)
    except Leave as leave:
        return leave.code


async def _turn_away(line: str | None, stdin: Pipe, out: Sink, err: Sink) -> int:
    """The bastion is a way, not a place."""
    await out.write(_NO_LOGIN)
    return 1
