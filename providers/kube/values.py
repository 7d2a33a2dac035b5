"""What the console knows of a cluster: whole, frozen and clean. Times are UTC, cpu in cores, memory in bytes.

None of it is ever part of a cycle, and the garbage collector is told so: going through thousands of pods, it would stop
every thread for a tenth of a second.
"""

from __future__ import annotations

from datetime import datetime

import msgspec


class Value(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What every object has. `uid` is its identity: names are used again, uids are not."""

    name: str
    namespace: str = ""
    uid: str = ""
    version: str = ""
    created: datetime | None = None
    labels: dict[str, str] = {}


class Container(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One container of a pod. `state` is waiting, running or terminated; `reason` and the rest belong to it."""

    name: str
    image: str
    init: bool = False
    ready: bool = False
    restarts: int = 0
    state: str = ""
    reason: str = ""
    message: str = ""
    exit_code: int | None = None
    since: datetime | None = None
    last_exit_code: int | None = None
    last_reason: str = ""
    last_message: str = ""
    last_finished: datetime | None = None
    cpu_request: float | None = None
    cpu_limit: float | None = None
    memory_request: float | None = None
    memory_limit: float | None = None
    probes: tuple[str, ...] = ()


class Condition(msgspec.Struct, frozen=True, gc=False):
    """A condition as the cluster states it."""

    type: str
    status: str
    reason: str = ""
    message: str = ""
    since: datetime | None = None


class Pod(Value, frozen=True, kw_only=True):
    """A pod. `status` and `ready` read as kubectl prints them; `owner` is "ReplicaSet/name".

    `over`: every container has ended for good. A status alone does not say so: "Error" also stands before a restart.
    """

    status: str
    ready: str
    healthy: bool
    restarts: int = 0
    last_restart: datetime | None = None
    node: str = ""
    ip: str = ""
    owner: str = ""
    message: str = ""
    deleting: bool = False
    over: bool = False
    containers: tuple[Container, ...] = ()
    conditions: tuple[Condition, ...] = ()


class Rollout(msgspec.Struct, frozen=True, gc=False):
    """How far it is: complete, progressing, stuck (deadline passed), degraded or paused; `reason` says why."""

    state: str
    reason: str


class Deployment(Value, frozen=True, kw_only=True):
    """A deployment as its controller sees it."""

    desired: int
    ready: int
    updated: int
    available: int
    total: int
    revision: int
    generation: int
    observed_generation: int
    paused: bool
    strategy: str
    images: tuple[str, ...]
    selector: dict[str, str]
    rollout: Rollout
    conditions: tuple[Condition, ...] = ()


class ReplicaSet(Value, frozen=True, kw_only=True):
    """One revision of a deployment. `owner` is the deployment's uid."""

    owner: str
    revision: int
    desired: int
    ready: int
    images: tuple[str, ...]
    change_cause: str = ""


class Event(Value, frozen=True, kw_only=True):
    """Something that happened, `count` times between `first` and `last`."""

    type: str
    reason: str
    message: str
    kind: str
    subject: str
    subject_uid: str
    count: int
    first: datetime | None
    last: datetime | None
    component: str = ""
    field_path: str = ""
    """The part of the subject it is about ("spec.containers{relayer}"); "" is the whole."""


class Service(Value, frozen=True, kw_only=True):
    """A service. No selector: its endpoints are made by hand."""

    type: str
    cluster_ip: str
    ports: tuple[str, ...]
    selector: dict[str, str]


class Endpoints(Value, frozen=True, kw_only=True):
    """The addresses behind a service, "10.0.0.1 (pod/x)" each."""

    ready: tuple[str, ...] = ()
    not_ready: tuple[str, ...] = ()


class Budget(Value, frozen=True, kw_only=True):
    """A pod disruption budget: how many pods may still be taken away."""

    selector: dict[str, str]
    minimum: str
    healthy: int
    wanted: int
    allowed: int


class Node(Value, frozen=True, kw_only=True):
    """A node. `status` reads as kubectl prints it."""

    status: str
    ready: bool
    heartbeat: datetime | None
    kubelet: str
    taints: tuple[str, ...]
    cpu: float | None
    memory: float | None
    conditions: tuple[Condition, ...] = ()


class Usage(Value, frozen=True, kw_only=True):
    """Live use of one pod: container name to (cores, bytes)."""

    at: datetime | None
    containers: dict[str, tuple[float, float]]


def matches(selector: dict[str, str], labels: dict[str, str]) -> bool:
    """Whether an equality selector chooses these labels; an empty selector chooses nothing."""
    return bool(selector) and selector.items() <= labels.items()
