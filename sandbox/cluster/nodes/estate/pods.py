"""Pods with a past: running since long ago, or over."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from sandbox.cluster.nodes.kubelet.logring import LogRing
from sandbox.cluster.nodes.kubelet.record import ContainerRecord, Run
from sandbox.cluster.nodes.kubelet.status import Placement, pod_status
from sandbox.cluster.nodes.machines import Machine
from sandbox.cluster.nodes.programs import catalog
from sandbox.cluster.nodes.times import stamp
from sandbox.cluster.seams import Manifest


def _record(spec: Manifest) -> ContainerRecord:
    record = ContainerRecord(spec)
    record.image_id = catalog.digest(spec["image"])
    return record


def _run(record: ContainerRecord, started: datetime, rng: random.Random) -> Run:
    return Run(f"{rng.getrandbits(256):064x}", started, LogRing(record.clock))


def _over(record: ContainerRecord, started: datetime, seconds: float, code: int, rng: random.Random) -> None:
    run = _run(record, started, rng)
    run.end(code, "Completed" if code == 0 else "Error", started + timedelta(seconds=seconds))
    record.begin(run)


def _place(pod: Manifest, machine: Machine, since: datetime) -> Placement:
    pod["spec"]["nodeName"] = machine.name
    pod["metadata"]["creationTimestamp"] = stamp(since)
    ip = machine.ip if pod["spec"].get("hostNetwork") else machine.next_ip()
    return Placement(machine.ip, ip, since)


def settled(pod: Manifest, machine: Machine, since: datetime, rng: random.Random, restarts: int = 0) -> Manifest:
    """The pod placed, Running and Ready. With `restarts` its containers crashed last some days ago."""
    place = _place(pod, machine, since)
    inits = [_record(spec) for spec in pod["spec"].get("initContainers") or ()]
    for init in inits:
        _over(init, since + timedelta(seconds=1), 1.4, 0, rng)
    containers = [_record(spec) for spec in pod["spec"]["containers"]]
    up = since + timedelta(seconds=4)
    for record in containers:
        if restarts:
            up = since + timedelta(days=30, hours=3)
            _over(record, since + timedelta(days=11), 19 * 86_400.0, 255, rng)
            record.restarts = restarts
        record.begin(_run(record, up, rng))
        record.ready = record.started = True
    pod["status"] = pod_status(pod, place, inits, containers, up + timedelta(seconds=5))
    return pod


def ended(pod: Manifest, machine: Machine, since: datetime, code: int, rng: random.Random) -> Manifest:
    """The pod of a Job, over with that exit code."""
    place = _place(pod, machine, since)
    containers = [_record(spec) for spec in pod["spec"]["containers"]]
    for record in containers:
        _over(record, since + timedelta(seconds=1), 6.0, code, rng)
    pod["status"] = pod_status(pod, place, [], containers, since + timedelta(seconds=7))
    return pod
