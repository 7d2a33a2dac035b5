"""The Endpoints and EndpointSlice controllers: which addresses stand behind a Service, and which of them are ready."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any, ClassVar

from sandbox.cluster.errors import NotFound
from sandbox.cluster.nodes import templates
from sandbox.cluster.nodes.controller import Controller
from sandbox.cluster.nodes.objects import is_going, key_of, labels, owner_reference, selects, split
from sandbox.cluster.nodes.podfacts import is_over, is_ready
from sandbox.cluster.nodes.times import stamp
from sandbox.cluster.seams import Manifest

_MANAGER = "endpointslice-controller.k8s.io"


def target_port(port: Manifest, pod: Manifest) -> int | None:
    """The number behind a Service port in this pod; None when the pod has no port of that name."""
    target: Any = port.get("targetPort") or port["port"]
    if isinstance(target, int):
        return target
    for container in pod["spec"]["containers"]:
        for held in container.get("ports") or ():
            if held.get("name") == target:
                return int(held["containerPort"])
    return None


def _endpoint_ports(service: Manifest, pod: Manifest) -> list[Manifest]:
    ports = []
    for port in service["spec"].get("ports") or ():
        number = target_port(port, pod)
        if number is not None:
            name = {"name": port["name"]} if port.get("name") else {}
            ports.append({**name, "port": number, "protocol": port.get("protocol", "TCP")})
    return ports


def _address(pod: Manifest) -> Manifest:
    meta = pod["metadata"]
    reference = {"kind": "Pod", "name": meta["name"], "namespace": meta["namespace"], "uid": meta["uid"]}
    return {"ip": pod["status"]["podIP"], "nodeName": pod["spec"]["nodeName"], "targetRef": reference}


class EndpointsController(Controller):
    """Follows both; a Service without selector is left to whoever writes its Endpoints by hand."""

    watches: ClassVar[tuple[str, ...]] = ("services", "pods")
    component: ClassVar[str] = "endpoint-controller"

    def observe(self, change: str, key: str, obj: Manifest) -> None:
        if key == "services":
            self.queue.add(key_of(obj))
            return
        for service in self.store.list("services", obj["metadata"]["namespace"]):
            # A pod that lost its labels must leave too: look wherever it may have been.
            if service["spec"].get("selector"):
                self.queue.add(key_of(service))

    def reconcile(self, key: str) -> None:
        namespace, name = split(key)
        try:
            service = self.store.get("services", namespace, name)
        except NotFound:
            self._remove(namespace, name)
            return
        selector = service["spec"].get("selector")
        if not selector:
            return
        pods = [p for p in self.store.list("pods", namespace) if selects({"matchLabels": selector}, labels(p))]
        pods = [p for p in pods if (p.get("status") or {}).get("podIP") and not is_over(p)]
        self._write("endpoints", self._endpoints(service, pods))
        self._write("endpointslices.discovery.k8s.io", self._slice(service, pods))

    def _remove(self, namespace: str, name: str) -> None:
        with suppress(NotFound):
            self.store.delete("endpoints", namespace, name)
        with suppress(NotFound):
            self.store.delete("endpointslices.discovery.k8s.io", namespace, slice_name(name))

    def _write(self, key: str, obj: Manifest) -> None:
        def change(held: Manifest) -> None:
            for field in ("subsets", "endpoints", "ports"):
                held.pop(field, None)
            held["metadata"]["labels"] = obj["metadata"].get("labels", {})
            held.update({k: v for k, v in obj.items() if k not in ("metadata", "apiVersion", "kind")})

        try:
            self.modify(key, obj, change)
        except NotFound:
            self.store.create(key, obj)

    def _endpoints(self, service: Manifest, pods: Sequence[Manifest]) -> Manifest:
        early = bool(service["spec"].get("publishNotReadyAddresses"))
        standing = [p for p in pods if not is_going(p)]
        groups: dict[str, Manifest] = {}
        for pod in sorted(standing, key=lambda p: str(p["status"]["podIP"])):
            ports = _endpoint_ports(service, pod)
            group = groups.setdefault(str(ports), {"addresses": [], "notReadyAddresses": [], "ports": ports})
            group["addresses" if early or is_ready(pod) else "notReadyAddresses"].append(_address(pod))
        subsets = [{k: v for k, v in g.items() if v} for g in groups.values()]
        obj = _headed(service, "v1", "Endpoints", service["metadata"]["name"])
        obj["metadata"]["annotations"] = {"endpoints.kubernetes.io/last-change-trigger-time": stamp()}
        if service["spec"].get("clusterIP") == "None":
            obj["metadata"]["labels"]["service.kubernetes.io/headless"] = ""
        return {**obj, "subsets": subsets} if subsets else obj

    def _slice(self, service: Manifest, pods: Sequence[Manifest]) -> Manifest:
        ports = next((p for p in (_endpoint_ports(service, pod) for pod in pods) if p), [])
        name = service["metadata"]["name"]
        obj = _headed(service, "discovery.k8s.io/v1", "EndpointSlice", slice_name(name))
        obj["metadata"]["generateName"] = f"{name}-"
        obj["metadata"]["ownerReferences"] = [owner_reference(service)]
        obj["metadata"]["labels"].update(
            {"kubernetes.io/service-name": name, "endpointslice.kubernetes.io/managed-by": _MANAGER}
        )
        ends = [self._endpoint(service, p) for p in sorted(pods, key=lambda p: str(p["status"]["podIP"]))]
        named = [{"name": "", **port} for port in ports]
        return {**obj, "addressType": "IPv4", "endpoints": ends, "ports": named}

    def _endpoint(self, service: Manifest, pod: Manifest) -> Manifest:
        going, ready = is_going(pod), is_ready(pod)
        address = _address(pod)
        shown = bool(service["spec"].get("publishNotReadyAddresses")) or (ready and not going)
        node = self.store.get("nodes", None, address["nodeName"])
        zone = labels(node).get("topology.kubernetes.io/zone", "")
        return {
            "addresses": [address["ip"]], "conditions": {"ready": shown, "serving": ready, "terminating": going},
            "nodeName": address["nodeName"], "targetRef": address["targetRef"], **({"zone": zone} if zone else {}),
        }  # fmt: skip


def _headed(service: Manifest, version: str, kind: str, name: str) -> Manifest:
    owner = service["metadata"]
    meta = {"name": name, "namespace": owner["namespace"], "labels": dict(labels(service))}
    meta["creationTimestamp"] = owner["creationTimestamp"]
    return {"apiVersion": version, "kind": kind, "metadata": meta}


def slice_name(service: str) -> str:
    """One slice a Service is enough here; its name only looks random."""
    return f"{service}-{templates.template_hash({'spec': service})[:5]}"
