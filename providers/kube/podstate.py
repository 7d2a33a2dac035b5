"""The STATUS, READY and RESTARTS of a pod as kubectl prints them (kubernetes/pkg/printers, printPod)."""

from __future__ import annotations

from providers.kube import wire


def status_of(pod: wire.Pod) -> str:
    """CrashLoopBackOff, Init:0/2, Completed, Terminating …"""
    status = _initialising(pod) or _of_containers(pod)
    if pod.metadata.deletion_timestamp is not None:
        return "Unknown" if pod.status.reason == "NodeLost" else "Terminating"
    return status


def ready_of(pod: wire.Pod) -> tuple[int, int]:
    """(ready, all) containers; sidecars among the init containers count."""
    sidecars = {c.name for c in pod.spec.init_containers or () if c.restart_policy == "Always"}
    started = [s for s in pod.status.init_container_statuses or () if s.name in sidecars]
    statuses = [*(pod.status.container_statuses or ()), *started]
    return sum(s.ready for s in statuses), len(pod.spec.containers) + len(sidecars)


def healthy(pod: wire.Pod, status: str) -> bool:
    """Nothing for a human to do: it runs and is ready, or it ended well."""
    if status in {"Completed", "Succeeded"}:
        return True
    ready, wanted = ready_of(pod)
    return status == "Running" and ready == wanted


def _initialising(pod: wire.Pod) -> str:
    specs = {c.name: c for c in pod.spec.init_containers or ()}
    for index, status in enumerate(pod.status.init_container_statuses or ()):
        ended, waiting = status.state.terminated, status.state.waiting
        if ended is not None and ended.exit_code == 0:
            continue
        spec = specs.get(status.name)
        if spec is not None and spec.restart_policy == "Always" and status.started:
            continue
        if ended is not None:
            return f"Init:{ended.reason or _exit(ended)}"
        if waiting is not None and waiting.reason not in {"", "PodInitializing"}:
            return f"Init:{waiting.reason}"
        return f"Init:{index}/{len(specs)}"
    return ""


def _of_containers(pod: wire.Pod) -> str:
    reason, running = pod.status.reason or pod.status.phase, False
    for status in reversed(pod.status.container_statuses or ()):
        if status.state.waiting is not None and status.state.waiting.reason:
            reason = status.state.waiting.reason
        elif status.state.terminated is not None:
            reason = status.state.terminated.reason or _exit(status.state.terminated)
        elif status.ready and status.state.running is not None:
            running = True
    if reason == "Completed" and running:
        return "Running" if _ready_condition(pod) else "NotReady"
    return reason


def _exit(ended: wire.Terminated) -> str:
    return f"Signal:{ended.signal}" if ended.signal else f"ExitCode:{ended.exit_code}"


def _ready_condition(pod: wire.Pod) -> bool:
    return any(c.type == "Ready" and c.status == "True" for c in pod.status.conditions or ())
