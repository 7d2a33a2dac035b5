"""One machine of the estate while it runs: its model, which faults replace, and the pods that are on it."""

from __future__ import annotations

import time

from sandbox.hosts.model import Model
from sandbox.hosts.processes import Process, pids_of, processes_of
from sandbox.hosts.sockets import Socket, sockets_of
from sandbox.hosts.tenants import Pods, Tenant, tenants_of


class Host:
    """`model` says all that does not depend on the cluster; `pods` tells what runs in it."""

    def __init__(self, model: Model, pods: Pods) -> None:
        self.model = model
        self.pods = pods

    @property
    def name(self) -> str:
        return self.model.machine.name

    def now(self) -> float:
        """What its clock shows, in epoch seconds."""
        return self.model.now(time.time())

    def tenants(self) -> list[Tenant]:
        """Its containers, youngest first."""
        return tenants_of(self.name, self.pods())

    def processes(self, at: float) -> list[Process]:
        """The busiest first."""
        model = self.model
        return processes_of(model.machine, model.noise, self.tenants(), at, model.booted)

    def sockets(self, at: float) -> list[Socket]:
        """See `sockets_of`."""
        return sockets_of(self.model.machine, self.model.noise, pids_of(self.tenants()), at)
