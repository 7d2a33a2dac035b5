"""A whole bridge estate on loopback, in a private directory, gone without a trace when it is stopped."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from providers.core.errors import FusionError, UsageError
from sandbox.cluster.seams import Pace
from sandbox.front import LOOPBACK
from sandbox.member import Follower, Grounds, Known, Member, Starter
from sandbox.members import STARTERS
from sandbox.owner import end_children, leave_mark, sweep

PREFIX = "fusion-sandbox-"


class Estate:
    """Its members, started and seeded, and the faults that are in them."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.cluster: Any = None
        self.members: dict[str, Member] = {}
        self.broken: set[str] = set()
        self._hosts: dict[str, str | None] = {}

    @classmethod
    async def start(
        cls, *, seed: int = 7, pace: Pace | None = None, starters: Mapping[str, Starter] = STARTERS
    ) -> Estate:
        """Remove what dead estates left behind, then start all members together; when one fails nothing stays."""
        sweep(Path(tempfile.gettempdir()), PREFIX)
        estate = cls(Path(tempfile.mkdtemp(prefix=PREFIX)))
        leave_mark(estate.directory)
        try:
            await estate._raise(seed, pace or Pace(), starters)
        except BaseException:
            await estate.stop()
            raise
        estate._write_config()
        return estate

    async def _raise(self, seed: int, pace: Pace, starters: Mapping[str, Starter]) -> None:
        try:
            async with asyncio.TaskGroup() as together:
                for name, starter in starters.items():
                    together.create_task(self._join(name, starter, Grounds(self.directory, self._room(name), seed)))
                together.create_task(self._raise_cluster(seed, pace))
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from None
        for member in self.members.values():
            if isinstance(member, Follower):
                member.follow(partial(self.cluster.store.list, "pods"))
                for port in (self.cluster.port, *(port for other in self.members.values() for port in other.ports)):
                    member.allow(port)
            if isinstance(member, Known):
                inside, port = member.known_as
                self.cluster.runtime.dial[inside] = (LOOPBACK, port)

    async def _join(self, name: str, starter: Starter, grounds: Grounds) -> None:
        self.members[name] = await starter(grounds)

    async def _raise_cluster(self, seed: int, pace: Pace) -> None:
        from sandbox.cluster.cluster import Cluster

        self.cluster = await Cluster.start(self._room("cluster"), seed=seed, pace=pace)

    def _room(self, name: str) -> Path:
        room = self.directory / name
        room.mkdir(mode=0o700)
        return room

    async def stop(self) -> None:
        """Stop every member and remove the directory; safe to call twice."""
        running = [*self.members.values(), *([self.cluster] if self.cluster is not None else [])]
        await asyncio.gather(*(member.stop() for member in running), return_exceptions=True)
        end_children(self.directory)
        shutil.rmtree(self.directory, ignore_errors=True)

    def where(self) -> dict[str, Any]:
        """Where everything is, for the console and for everybody else's tools."""
        kubeconfigs = {user: str(path) for user, path in self.cluster.kubeconfigs.items()}
        facts = {
            "config": str(self._config),
            "kubeconfig": kubeconfigs["oncall"],
            "kubeconfigs": kubeconfigs,
            "cluster": self.cluster.url,
        }
        for member in self.members.values():
            facts |= member.where
        return facts | {"control": str(self.control), "directory": str(self.directory), "pid": os.getpid()}

    @property
    def control(self) -> Path:
        return self.directory / "control.sock"

    @property
    def _config(self) -> Path:
        return self.directory / "console.yaml"

    async def break_(self, name: str) -> None:
        """Put a fault in, whole or not at all. Raises UsageError for an unknown one."""
        fault, system = self._fault(name)
        try:
            await fault.inject(system)
        except FusionError:
            with suppress(FusionError):
                await fault.heal(system)
            raise
        self.broken.add(name)
        if fault.felt is not None:
            self.cluster.runtime.knobs.ail(name, fault.felt)

    async def heal(self, name: str | None = None) -> list[str]:
        """Take one fault out, or all; returns their names."""
        from sandbox.faults import FAULTS

        names = [name] if name else [each for each in FAULTS if each in self.broken]
        for each in names:
            fault, system = self._fault(each)
            await fault.heal(system)
            self.broken.discard(each)
            self.cluster.runtime.knobs.recover(each)
        return names

    def _fault(self, name: str) -> tuple[Any, Any]:
        from sandbox.faults import FAULTS, SYSTEMS, suggestion

        if name not in FAULTS:
            raise UsageError(f"there is no fault {name!r}", fix=suggestion(name))
        own = {"nodes": self.cluster.runtime, "cluster": self.cluster, "estate": self}
        return FAULTS[name], own.get(SYSTEMS[name]) or self.members[SYSTEMS[name]]

    def rename(self, section: str, host: str | None) -> None:
        """Let the configuration call the host of a section so from now on; None gives it its true name back."""
        self._hosts = {**self._hosts, section: host}
        self._write_config()

    def _inside(self) -> list[str]:
        """Database and cache as pods know them."""
        known = (member.known_as[0] for member in self.members.values() if isinstance(member, Known))
        return [f"{host}:{port}" for host, port in known]

    def _write_config(self) -> None:
        """A console configuration of three environments: everyday, production and read-only eyes."""
        users = {"sandbox": ("oncall", False), "sandbox-prod": ("oncall", True), "sandbox-viewer": ("viewer", False)}
        sections: dict[str, Any] = {}
        for member in self.members.values():
            sections |= member.section
        for section, host in self._hosts.items():
            sections[section] |= {"host": host} if host else {}
        environments = {
            name: {"production": production, "kubernetes": {"kubeconfig": str(self.cluster.kubeconfigs[user])}}
            | sections
            | {"services": {service: {"needs": self._inside()} for service in ("relayer", "resolver")}}
            for name, (user, production) in users.items()
        }
        document = {
            "version": 1,
            "default": "sandbox",
            "environments": environments,
            "state_dir": str(self.directory / "state"),
        }
        # Whoever reads it meanwhile gets the old one or the new one, whole.
        fresh = self._config.with_suffix(".new")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            yaml.safe_dump(document, file, sort_keys=False)
        fresh.replace(self._config)
