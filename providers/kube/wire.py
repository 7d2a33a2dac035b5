"""The fields we use of Kubernetes objects, exactly as they are on the wire. Everything else is skipped unread."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec


class Wire(msgspec.Struct, rename="camel", frozen=True, gc=False):
    """camelCase outside, snake_case here."""


class Owner(Wire, frozen=True):
    kind: str = ""
    name: str = ""
    uid: str = ""
    controller: bool = False


class Meta(Wire, frozen=True):
    name: str = ""
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""
    generation: int = 0
    creation_timestamp: datetime | None = None
    deletion_timestamp: datetime | None = None
    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None
    owner_references: list[Owner] | None = None


class Waiting(Wire, frozen=True):
    reason: str = ""
    message: str = ""


class Running(Wire, frozen=True):
    started_at: datetime | None = None


class Terminated(Wire, frozen=True):
    exit_code: int = 0
    signal: int = 0
    reason: str = ""
    message: str = ""
    started_at: datetime | None = None
    finished_at: datetime | None = None


class State(Wire, frozen=True):
    waiting: Waiting | None = None
    running: Running | None = None
    terminated: Terminated | None = None


class ContainerStatus(Wire, frozen=True):
    name: str = ""
    image: str = ""
    ready: bool = False
    started: bool | None = None
    restart_count: int = 0
    state: State = State()
    last_state: State = State()


class Resources(Wire, frozen=True):
    requests: dict[str, str | int | float] | None = None
    limits: dict[str, str | int | float] | None = None


class ContainerSpec(Wire, frozen=True):
    name: str = ""
    image: str = ""
    resources: Resources = Resources()
    restart_policy: str = ""
    liveness_probe: Any = None
    readiness_probe: Any = None
    startup_probe: Any = None


class Condition(Wire, frozen=True):
    type: str = ""
    status: str = ""
    reason: str | None = None
    message: str | None = None
    last_transition_time: datetime | None = None
    last_update_time: datetime | None = None
    last_heartbeat_time: datetime | None = None


class PodSpec(Wire, frozen=True):
    node_name: str = ""
    containers: list[ContainerSpec] = []
    init_containers: list[ContainerSpec] | None = None


class PodStatus(Wire, frozen=True):
    phase: str = ""
    reason: str = ""
    message: str = ""
    pod_ip: str = msgspec.field(default="", name="podIP")
    start_time: datetime | None = None
    conditions: list[Condition] | None = None
    container_statuses: list[ContainerStatus] | None = None
    init_container_statuses: list[ContainerStatus] | None = None


class Pod(Wire, frozen=True):
    metadata: Meta
    spec: PodSpec
    status: PodStatus = PodStatus()


class Selector(Wire, frozen=True):
    match_labels: dict[str, str] | None = None


class Template(Wire, frozen=True):
    metadata: Meta = Meta()
    spec: PodSpec = PodSpec()


class RollingUpdate(Wire, frozen=True):
    max_surge: int | str | None = None
    max_unavailable: int | str | None = None


class Strategy(Wire, frozen=True):
    type: str = ""
    rolling_update: RollingUpdate | None = None


class DeploymentSpec(Wire, frozen=True):
    replicas: int = 1
    paused: bool = False
    selector: Selector = Selector()
    template: Template = Template()
    strategy: Strategy = Strategy()


class DeploymentStatus(Wire, frozen=True):
    observed_generation: int = 0
    replicas: int = 0
    updated_replicas: int = 0
    ready_replicas: int = 0
    available_replicas: int = 0
    conditions: list[Condition] | None = None


class Deployment(Wire, frozen=True):
    metadata: Meta
    spec: DeploymentSpec
    status: DeploymentStatus = DeploymentStatus()


class ReplicaSet(Wire, frozen=True):
    metadata: Meta
    spec: DeploymentSpec
    status: DeploymentStatus = DeploymentStatus()


class ObjectRef(Wire, frozen=True):
    kind: str = ""
    name: str = ""
    namespace: str = ""
    uid: str = ""
    field_path: str = ""


class Series(Wire, frozen=True):
    count: int = 0
    last_observed_time: datetime | None = None


class EventSource(Wire, frozen=True):
    component: str = ""
    host: str = ""


class Event(Wire, frozen=True):
    metadata: Meta
    involved_object: ObjectRef = ObjectRef()
    type: str = ""
    reason: str = ""
    message: str = ""
    count: int | None = None
    first_timestamp: datetime | None = None
    last_timestamp: datetime | None = None
    event_time: datetime | None = None
    series: Series | None = None
    source: EventSource | None = None
    reporting_component: str = ""


class Port(Wire, frozen=True):
    name: str = ""
    port: int = 0
    protocol: str = "TCP"
    target_port: int | str | None = None


class ServiceSpec(Wire, frozen=True):
    type: str = ""
    cluster_ip: str = msgspec.field(default="", name="clusterIP")
    selector: dict[str, str] | None = None
    ports: list[Port] | None = None


class Service(Wire, frozen=True):
    metadata: Meta
    spec: ServiceSpec = ServiceSpec()


class Address(Wire, frozen=True):
    ip: str = ""
    target_ref: ObjectRef | None = None


class Subset(Wire, frozen=True):
    addresses: list[Address] | None = None
    not_ready_addresses: list[Address] | None = None
    ports: list[Port] | None = None


class Endpoints(Wire, frozen=True):
    metadata: Meta
    subsets: list[Subset] | None = None


class BudgetStatus(Wire, frozen=True):
    current_healthy: int = 0
    desired_healthy: int = 0
    disruptions_allowed: int = 0
    expected_pods: int = 0


class BudgetSpec(Wire, frozen=True):
    min_available: int | str | None = None
    max_unavailable: int | str | None = None
    selector: Selector | None = None


class Budget(Wire, frozen=True):
    metadata: Meta
    spec: BudgetSpec = BudgetSpec()
    status: BudgetStatus = BudgetStatus()


class Taint(Wire, frozen=True):
    key: str = ""
    value: str = ""
    effect: str = ""


class NodeSpec(Wire, frozen=True):
    unschedulable: bool = False
    taints: list[Taint] | None = None


class NodeInfo(Wire, frozen=True):
    kubelet_version: str = ""


class NodeStatus(Wire, frozen=True):
    conditions: list[Condition] | None = None
    allocatable: dict[str, str] | None = None
    node_info: NodeInfo = NodeInfo()


class Node(Wire, frozen=True):
    metadata: Meta
    spec: NodeSpec = NodeSpec()
    status: NodeStatus = NodeStatus()


class ContainerUsage(Wire, frozen=True):
    name: str = ""
    usage: dict[str, str] = {}


class PodMetrics(Wire, frozen=True):
    metadata: Meta
    timestamp: datetime | None = None
    containers: list[ContainerUsage] = []


class ListMeta(Wire, frozen=True):
    resource_version: str = ""
    continue_: str = msgspec.field(default="", name="continue")
