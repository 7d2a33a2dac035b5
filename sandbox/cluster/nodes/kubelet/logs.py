"""Which log answers a request, or why none does, in the kubelet's words."""

from __future__ import annotations

from sandbox.cluster.nodes.kubelet.kubelet import Kubelet
from sandbox.cluster.nodes.kubelet.logring import LogRing
from sandbox.cluster.nodes.kubelet.record import ContainerRecord
from sandbox.cluster.seams import LogQuery, LogUnavailable, Objects

_PULLING = ("ErrImagePull", "ImagePullBackOff")


def find_log(store: Objects, kubelet: Kubelet, namespace: str, pod: str, query: LogQuery) -> LogRing:
    """The log of the run that is meant. Raises LogUnavailable, NotFound."""
    worker = kubelet.find(namespace, pod)
    if worker is None:
        if not store.get("pods", namespace, pod)["spec"].get("nodeName"):
            raise LogUnavailable(f"pod {pod} does not have a host assigned")
        raise LogUnavailable(f'container "{query.container}" in pod "{pod}" is waiting to start: ContainerCreating')
    loop = worker.loop(query.container)
    if loop is None:
        raise LogUnavailable(f"container {query.container} is not valid for pod {pod}")
    return _previous(loop.record, pod) if query.previous else _current(loop.record, pod)


def _previous(record: ContainerRecord, pod: str) -> LogRing:
    if record.before is None:
        raise LogUnavailable(f'previous terminated container "{record.name}" in pod "{pod}" not found')
    return record.before.log


def _current(record: ContainerRecord, pod: str) -> LogRing:
    if record.run is not None:
        return record.run.log
    reason = record.waiting[0] if record.waiting else "ContainerCreating"
    why = "trying and failing to pull image" if reason in _PULLING else reason
    start = "is waiting to start: "
    raise LogUnavailable(f'container "{record.name}" in pod "{pod}" {start}{why}')
