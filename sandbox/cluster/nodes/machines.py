"""The machines under the cluster: their place, size, addresses, and the heartbeats that keep them Ready."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import ClassVar

from sandbox.cluster.errors import NotFound
from sandbox.cluster.nodes.controller import Controller
from sandbox.cluster.nodes.objects import condition, key_of, split
from sandbox.cluster.nodes.times import micro_stamp, stamp
from sandbox.cluster.seams import Manifest, Objects, Pace

KERNEL = "6.1.134-150.224.amzn2023.x86_64"
KUBELET = "v1.32.4"
CONTAINERD = "1.7.27"
OS_IMAGE = "Amazon Linux 2023.7.20250527"
INSTANCE_TYPE = "m6i.xlarge"
STORAGE_KIB = 83_873_772
"""Size of the one disk of a machine."""
STORED_KIB = 21_532_416
"""What it held when the machine had settled."""
HEARTBEAT = 10.0
_POSTED = 300.0
_CORDON = "node.kubernetes.io/unschedulable"


@dataclass
class Machine:
    """One node. `cgroup` is the version its containers see; `instance` the EC2 id behind it."""

    name: str
    ip: str
    zone: str
    subnet: str
    instance: str
    pods_from: int = 20
    cgroup: int = 2
    taints: tuple[tuple[str, str, str], ...] = ()
    labels: dict[str, str] = field(default_factory=dict)
    cpus: int = 4
    memory_kib: int = 15_900_000

    def __post_init__(self) -> None:
        self._addresses: Iterator[int] = itertools.count(self.pods_from)

    def fresh(self) -> Machine:
        """The same machine with none of its addresses given away."""
        return replace(self)

    def next_ip(self) -> str:
        """A fresh address of the node's subnet; they come round after some two hundred."""
        # The node itself lives in the subnet as well.
        return next(ip for n in self._addresses if (ip := f"{self.subnet}.{n % 230 + 20}") != self.ip)

    def uuid(self, what: str) -> str:
        """A stable identifier, such as the machine id."""
        return hashlib.sha256(f"{self.name} {what}".encode()).hexdigest()[:32]


_PRESSURES = (
    ("MemoryPressure", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
    ("DiskPressure", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    ("PIDPressure", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
)


def conditions_of(since: datetime) -> list[Manifest]:
    """The conditions of a healthy node, unchanged since then."""
    facts = [(kind, "False", reason, text) for kind, reason, text in _PRESSURES]
    facts.append(("Ready", "True", "KubeletReady", "kubelet is posting ready status"))
    return [
        {
            "type": kind, "status": status, "reason": reason, "message": text,
            "lastHeartbeatTime": stamp(), "lastTransitionTime": stamp(since),
        }
        for kind, status, reason, text in facts
    ]  # fmt: skip


def node_of(machine: Machine, born: datetime, images: list[Manifest]) -> Manifest:
    """The Node object."""
    meta = {
        "name": machine.name, "creationTimestamp": stamp(born), "labels": _labels(machine),
        "annotations": {
            "node.alpha.kubernetes.io/ttl": "0", "volumes.kubernetes.io/controller-managed-attach-detach": "true",
        },
    }  # fmt: skip
    spec: Manifest = {"providerID": f"aws:///{machine.zone}/{machine.instance}"}
    if machine.taints:
        spec["taints"] = [{"key": k, "value": v, "effect": effect} for k, v, effect in machine.taints]
    addresses = [{"type": "InternalIP", "address": machine.ip}, {"type": "Hostname", "address": machine.name}]
    status = {
        "addresses": addresses, "capacity": _resources(machine, 0, 0),
        "allocatable": _resources(machine, 80, 1_000_000),
        "conditions": conditions_of(born), "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
        "images": images, "nodeInfo": _system(machine),
    }  # fmt: skip
    return {"apiVersion": "v1", "kind": "Node", "metadata": meta, "spec": spec, "status": status}


def _labels(machine: Machine) -> dict[str, str]:
    return {
        "beta.kubernetes.io/arch": "amd64", "beta.kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64",
        "kubernetes.io/hostname": machine.name, "kubernetes.io/os": "linux",
        "node.kubernetes.io/instance-type": INSTANCE_TYPE, "topology.kubernetes.io/region": machine.zone[:-1],
        "topology.kubernetes.io/zone": machine.zone, **machine.labels,
    }  # fmt: skip


def _resources(machine: Machine, kept_cpu: int, kept_kib: int) -> Manifest:
    return {
        "cpu": f"{machine.cpus * 1000 - kept_cpu}m" if kept_cpu else str(machine.cpus),
        "memory": f"{machine.memory_kib - kept_kib}Ki", "pods": "58", "ephemeral-storage": f"{STORAGE_KIB}Ki",
        "hugepages-1Gi": "0", "hugepages-2Mi": "0",
    }  # fmt: skip


def _system(machine: Machine) -> Manifest:
    return {
        "architecture": "amd64", "bootID": machine.uuid("boot"), "containerRuntimeVersion": f"containerd://{CONTAINERD}",
        "kernelVersion": KERNEL, "kubeProxyVersion": KUBELET, "kubeletVersion": KUBELET,
        "machineID": machine.uuid("machine"), "operatingSystem": "linux",
        "osImage": OS_IMAGE, "systemUUID": machine.uuid("system"),
    }  # fmt: skip


class Heart:
    """Renews the lease of every machine, and its conditions less often, as the kubelets do; `after` hears each beat."""

    def __init__(self, store: Objects, pace: Pace, machines: list[Machine], after: Callable[[], None]) -> None:
        self._store = store
        self._pace = pace
        self._machines = machines
        self._after = after

    async def run(self) -> None:
        """Beat until cancelled, never faster than once a second."""
        beats = 0
        while True:
            for machine in self._machines:
                with suppress(NotFound):
                    self._renew(machine)
                    if beats % int(_POSTED / HEARTBEAT) == 0:
                        self._post(machine)
            beats += 1
            self._after()
            await asyncio.sleep(max(1.0, self._pace.seconds(HEARTBEAT)))

    def _renew(self, machine: Machine) -> None:
        def change(lease: Manifest) -> None:
            lease["spec"]["renewTime"] = micro_stamp()

        try:
            self._store.modify("leases.coordination.k8s.io", "kube-node-lease", machine.name, change)
        except NotFound:
            self._store.create("leases.coordination.k8s.io", lease_of(machine))

    def _post(self, machine: Machine) -> None:
        def change(node: Manifest) -> None:
            for held in node["status"]["conditions"]:
                held["lastHeartbeatTime"] = stamp()

        self._store.modify("nodes", None, machine.name, change, subresource="status")


def lease_of(machine: Machine) -> Manifest:
    """The lease by which the control plane knows that the kubelet lives."""
    spec = {"holderIdentity": machine.name, "leaseDurationSeconds": 40, "renewTime": micro_stamp()}
    meta = {"name": machine.name, "namespace": "kube-node-lease"}
    return {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": meta, "spec": spec}


class NodeController(Controller):
    """Keeps the taints that follow from the state of a node: cordoned, not ready."""

    watches: ClassVar[tuple[str, ...]] = ("nodes",)
    component: ClassVar[str] = "node-controller"

    def observe(self, change: str, key: str, obj: Manifest) -> None:
        if change != "DELETED":
            self.queue.add(key_of(obj))

    def reconcile(self, key: str) -> None:
        node = self.store.get("nodes", None, split(key)[1])
        ready = condition(node["status"].get("conditions") or (), "Ready")
        self._taint(node, _CORDON, "NoSchedule", on=bool(node["spec"].get("unschedulable")))
        self._taint(
            node, "node.kubernetes.io/not-ready", "NoSchedule", on=bool(ready and ready["status"] == "False")
        )  # fmt: skip

    def _taint(self, node: Manifest, key: str, effect: str, *, on: bool) -> None:
        held = [t for t in node["spec"].get("taints") or () if t["key"] == key and t["effect"] == effect]
        if bool(held) == on:
            return

        def change(obj: Manifest) -> None:
            taints = [t for t in obj["spec"].get("taints") or () if t["key"] != key]
            if on:
                taints.append({"key": key, "effect": effect})
            obj["spec"]["taints"] = taints
            if not taints:
                del obj["spec"]["taints"]

        self.modify("nodes", node, change)
