"""From wire shapes to the console's values: cleaned, complete, with what has to be worked out worked out."""

from __future__ import annotations

from typing import Any

from providers.core.text import clean
from providers.kube import podstate, values, wire
from providers.kube.quantities import quantity

MESSAGE_LIMIT = 1024
_THROUGH = "NewReplicaSetAvailable"


def pod(raw: wire.Pod) -> values.Pod:
    """A pod with its status as kubectl prints it."""
    containers = _containers(raw)
    ready, wanted = podstate.ready_of(raw)
    status = clean(podstate.status_of(raw))
    owner = next((o for o in raw.metadata.owner_references or () if o.controller), None)
    return values.Pod(
        **_meta(raw.metadata),
        status=status,
        ready=f"{ready}/{wanted}",
        healthy=podstate.healthy(raw, status),
        restarts=sum(c.restarts for c in containers if not c.init) or sum(c.restarts for c in containers),
        last_restart=max((c.last_finished for c in containers if c.last_finished and c.restarts), default=None),
        node=raw.spec.node_name,
        ip=raw.status.pod_ip,
        owner=f"{owner.kind}/{owner.name}" if owner else "",
        message=_short(raw.status.message),
        deleting=raw.metadata.deletion_timestamp is not None,
        over=raw.status.phase in ("Succeeded", "Failed"),
        containers=containers,
        conditions=_conditions(raw.status.conditions),
    )


def deployment(raw: wire.Deployment) -> values.Deployment:
    """A deployment with the state of its rollout."""
    status = raw.status
    return values.Deployment(
        **_meta(raw.metadata),
        desired=raw.spec.replicas,
        ready=status.ready_replicas,
        updated=status.updated_replicas,
        available=status.available_replicas,
        total=status.replicas,
        revision=_revision(raw.metadata),
        generation=raw.metadata.generation,
        observed_generation=status.observed_generation,
        paused=raw.spec.paused,
        strategy=raw.spec.strategy.type or "RollingUpdate",
        images=tuple(clean(c.image) for c in raw.spec.template.spec.containers),
        selector=raw.spec.selector.match_labels or {},
        rollout=rollout(raw),
        conditions=_conditions(status.conditions),
    )


def rollout(raw: wire.Deployment) -> values.Rollout:
    """How far it is, by the rules of kubectl rollout status."""
    status, desired = raw.status, raw.spec.replicas
    progressing = next((c for c in status.conditions or () if c.type == "Progressing"), None)
    if raw.spec.paused:
        return values.Rollout("paused", "paused by spec.paused")
    if raw.metadata.generation > status.observed_generation:
        return values.Rollout("progressing", "the controller has not seen the newest spec yet")
    if progressing is not None and progressing.reason == "ProgressDeadlineExceeded":
        return values.Rollout("stuck", _short(progressing.message or "progress deadline exceeded"))
    if status.updated_replicas < desired:
        return values.Rollout("progressing", f"{status.updated_replicas} of {desired} updated")
    if status.replicas > status.updated_replicas:
        return values.Rollout("progressing", f"{status.replicas - status.updated_replicas} old pods still there")
    if status.available_replicas < status.updated_replicas and progressing and progressing.reason == _THROUGH:
        return values.Rollout("degraded", f"was through, now {status.available_replicas} of {desired} available")
    if status.available_replicas < status.updated_replicas:
        return values.Rollout("progressing", f"{status.available_replicas} of {status.updated_replicas} available")
    return values.Rollout("complete", "")


def replicaset(raw: wire.ReplicaSet) -> values.ReplicaSet:
    """One revision."""
    owner = next((o for o in raw.metadata.owner_references or () if o.controller), None)
    return values.ReplicaSet(
        **_meta(raw.metadata),
        owner=owner.uid if owner else "",
        revision=_revision(raw.metadata),
        desired=raw.spec.replicas,
        ready=raw.status.ready_replicas,
        images=tuple(clean(c.image) for c in raw.spec.template.spec.containers),
        change_cause=_short((raw.metadata.annotations or {}).get("kubernetes.io/change-cause", "")),
    )


def event(raw: wire.Event) -> values.Event:
    """An event; newer servers count in `series`."""
    series = raw.series
    last = (series and series.last_observed_time) or raw.last_timestamp or raw.event_time
    return values.Event(
        **_meta(raw.metadata),
        type=clean(raw.type, 40),
        reason=clean(raw.reason, 80),
        message=_short(raw.message),
        kind=clean(raw.involved_object.kind, 60),
        subject=clean(raw.involved_object.name, 253),
        subject_uid=raw.involved_object.uid,
        count=(series.count if series else raw.count) or 1,
        first=raw.first_timestamp or raw.event_time or raw.metadata.creation_timestamp,
        last=last or raw.metadata.creation_timestamp,
        field_path=clean(raw.involved_object.field_path, 120),
        component=clean((raw.source.component if raw.source else "") or raw.reporting_component, 80),
    )


def service(raw: wire.Service) -> values.Service:
    """A service and its ports, "80→3000/TCP" each."""
    ports = tuple(f"{p.port}→{p.target_port or p.port}/{p.protocol}" for p in raw.spec.ports or ())
    return values.Service(
        **_meta(raw.metadata),
        type=raw.spec.type,
        cluster_ip=raw.spec.cluster_ip,
        ports=tuple(clean(port) for port in ports),
        selector=raw.spec.selector or {},
    )


def endpoints(raw: wire.Endpoints) -> values.Endpoints:
    """Ready and not ready addresses over all subsets."""
    subsets = raw.subsets or ()
    return values.Endpoints(
        **_meta(raw.metadata),
        ready=tuple(_address(a) for s in subsets for a in s.addresses or ()),
        not_ready=tuple(_address(a) for s in subsets for a in s.not_ready_addresses or ()),
    )


def budget(raw: wire.Budget) -> values.Budget:
    """A disruption budget; `minimum` says which bound it sets."""
    least, most = raw.spec.min_available, raw.spec.max_unavailable
    return values.Budget(
        **_meta(raw.metadata),
        selector=(raw.spec.selector.match_labels if raw.spec.selector else None) or {},
        minimum=f"min available {least}" if least is not None else f"max unavailable {most}",
        healthy=raw.status.current_healthy,
        wanted=raw.status.desired_healthy,
        allowed=raw.status.disruptions_allowed,
    )


def node(raw: wire.Node) -> values.Node:
    """A node with its readiness and what it offers."""
    ready = next((c for c in raw.status.conditions or () if c.type == "Ready"), None)
    is_ready = ready is not None and ready.status == "True"
    cordoned = ",SchedulingDisabled" if raw.spec.unschedulable else ""
    offers = raw.status.allocatable or {}
    return values.Node(
        **_meta(raw.metadata),
        status=("Ready" if is_ready else "NotReady") + cordoned,
        ready=is_ready,
        heartbeat=ready.last_heartbeat_time if ready else None,
        kubelet=clean(raw.status.node_info.kubelet_version, 60),
        taints=tuple(clean(f"{t.key}={t.value}:{t.effect}") for t in raw.spec.taints or ()),
        cpu=quantity(offers.get("cpu")),
        memory=quantity(offers.get("memory")),
        conditions=_conditions(raw.status.conditions),
    )


def usage(raw: wire.PodMetrics) -> values.Usage:
    """What the containers of a pod use now."""
    return values.Usage(
        **_meta(raw.metadata),
        at=raw.timestamp,
        containers={
            c.name: (quantity(c.usage.get("cpu")) or 0.0, quantity(c.usage.get("memory")) or 0.0)
            for c in raw.containers
        },
    )


def _meta(meta: wire.Meta) -> dict[str, Any]:
    return {
        "name": clean(meta.name, 253),
        "namespace": clean(meta.namespace, 253),
        "uid": meta.uid,
        "version": meta.resource_version,
        "created": meta.creation_timestamp,
        "labels": meta.labels or {},
    }


def _short(text: str) -> str:
    return clean(text.strip(), MESSAGE_LIMIT)


def _revision(meta: wire.Meta) -> int:
    text = (meta.annotations or {}).get("deployment.kubernetes.io/revision", "0")
    return int(text) if text.isdecimal() else 0


def _address(raw: wire.Address) -> str:
    return f"{clean(raw.ip)} ({clean(raw.target_ref.name)})" if raw.target_ref else clean(raw.ip)


def _conditions(raw: list[wire.Condition] | None) -> tuple[values.Condition, ...]:
    return tuple(
        values.Condition(c.type, c.status, clean(c.reason or "", 80), _short(c.message or ""), c.last_transition_time)
        for c in raw or ()
    )


def _containers(raw: wire.Pod) -> tuple[values.Container, ...]:
    found = []
    for init, specs, statuses in (
        (True, raw.spec.init_containers, raw.status.init_container_statuses),
        (False, raw.spec.containers, raw.status.container_statuses),
    ):
        by_name = {s.name: s for s in statuses or ()}
        found += [_container(spec, by_name.get(spec.name), init) for spec in specs or ()]
    return tuple(found)


def _container(spec: wire.ContainerSpec, status: wire.ContainerStatus | None, init: bool) -> values.Container:
    requests, limits = spec.resources.requests or {}, spec.resources.limits or {}
    return values.Container(
        name=clean(spec.name, 80),
        image=clean(spec.image),
        init=init,
        cpu_request=quantity(requests.get("cpu")),
        cpu_limit=quantity(limits.get("cpu")),
        memory_request=quantity(requests.get("memory")),
        memory_limit=quantity(limits.get("memory")),
        probes=tuple(
            name
            for name, probe in (
                ("startup", spec.startup_probe), ("readiness", spec.readiness_probe), ("liveness", spec.liveness_probe),
            )
            if probe is not None
        ),
        **_standing(status),
    )  # fmt: skip


def _standing(status: wire.ContainerStatus | None) -> dict[str, Any]:
    if status is None:
        return {}
    now, before = status.state, status.last_state.terminated
    standing: dict[str, Any] = {"ready": status.ready, "restarts": status.restart_count}
    if now.running is not None:
        standing |= {"state": "running", "since": now.running.started_at}
    elif now.terminated is not None:
        ended = now.terminated
        standing |= {"state": "terminated", "reason": clean(ended.reason, 80), "message": _short(ended.message),
                     "exit_code": ended.exit_code, "since": ended.finished_at}  # fmt: skip
    elif now.waiting is not None:
        standing |= {
            "state": "waiting",
            "reason": clean(now.waiting.reason, 80),
            "message": _short(now.waiting.message),
        }
    if before is not None:
        standing |= {"last_exit_code": before.exit_code, "last_reason": clean(before.reason, 80),
                     "last_message": _short(before.message), "last_finished": before.finished_at}  # fmt: skip
    return standing
