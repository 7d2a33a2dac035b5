"""A whole bridge estate on loopback, in a private directory, gone without a trace when it is stopped."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import yaml

from providers.core.errors import UsageError
from sandbox.cluster.seams import Pace
from sandbox.owner import leave_mark, sweep

PREFIX = "fusion-sandbox-"


class Estate:
    """Its members, started and seeded, and the faults that are in them."""

    def __init__(self, directory: Path, cluster: Any) -> None:
        self.directory = directory
        self.cluster = cluster
        self.broken: set[str] = set()

    @classmethod
    async def start(cls, *, seed: int = 7, pace: Pace | None = None) -> Estate:
        """Remove what dead estates left behind, then start all members; when one fails nothing stays."""
        from sandbox.cluster.cluster import Cluster

        sweep(Path(tempfile.gettempdir()), PREFIX)
        directory = Path(tempfile.mkdtemp(prefix=PREFIX))
        leave_mark(directory)
        try:
            (directory / "cluster").mkdir(mode=0o700)
            estate = cls(directory, await Cluster.start(directory / "cluster", seed=seed, pace=pace or Pace()))
        except BaseException:
            shutil.rmtree(directory, ignore_errors=True)
            raise
        estate._write_config()
        return estate

    async def stop(self) -> None:
        """Stop every member and remove the directory; safe to call twice."""
        await self.cluster.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def where(self) -> dict[str, Any]:
        """Where everything is, for kubectl and for the console."""
        kubeconfigs = {user: str(path) for user, path in self.cluster.kubeconfigs.items()}
        return {
            "config": str(self._config),
            "kubeconfig": kubeconfigs["oncall"],
            "kubeconfigs": kubeconfigs,
            "cluster": self.cluster.url,
            "control": str(self.control),
            "directory": str(self.directory),
            "pid": os.getpid(),
        }

    @property
    def control(self) -> Path:
        return self.directory / "control.sock"

    @property
    def _config(self) -> Path:
        return self.directory / "console.yaml"

    async def break_(self, name: str) -> None:
        """Put a fault in. Raises UsageError for an unknown one."""
        fault, system = self._fault(name)
        await fault.inject(system)
        self.broken.add(name)

    async def heal(self, name: str | None = None) -> list[str]:
        """Take one fault out, or all; returns their names."""
        names = [name] if name else sorted(self.broken)
        for each in names:
            fault, system = self._fault(each)
            await fault.heal(system)
            self.broken.discard(each)
        return names

    def _fault(self, name: str) -> tuple[Any, Any]:
        from sandbox.faults import API, WORKLOAD, suggestion

        if name in WORKLOAD:
            return WORKLOAD[name], self.cluster.runtime
        if name in API:
            return API[name], self.cluster
        raise UsageError(f"there is no fault {name!r}", fix=suggestion(name))

    def _write_config(self) -> None:
        """A console configuration of three environments: everyday, production and read-only eyes."""
        users = {"sandbox": ("oncall", False), "sandbox-prod": ("oncall", True), "sandbox-viewer": ("viewer", False)}
        environments = {
            name: {"production": production, "kubernetes": {"kubeconfig": str(self.cluster.kubeconfigs[user])}}
            for name, (user, production) in users.items()
        }
        document = {
            "version": 1,
            "default": "sandbox",
            "environments": environments,
            "state_dir": str(self.directory / "state"),
        }
        descriptor = os.open(self._config, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            yaml.safe_dump(document, file, sort_keys=False)
