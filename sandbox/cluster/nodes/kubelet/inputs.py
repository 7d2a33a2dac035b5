"""What a container is given from outside: environment and files, and what is missing for them."""

from __future__ import annotations

import base64
from collections.abc import Iterator

from sandbox.cluster.errors import NotFound
from sandbox.cluster.nodes import quantities
from sandbox.cluster.nodes.objects import labels, notes
from sandbox.cluster.seams import Manifest, Objects


class MissingInput(LookupError):
    """A ConfigMap, Secret or key that the pod names is not there. `str()` is the kubelet's text."""


class Inputs:
    """Resolves the references of one pod against the store."""

    def __init__(self, store: Objects, pod: Manifest, host_ip: str, pod_ip: str) -> None:
        self._store = store
        self._pod = pod
        self._ips = {"status.podIP": pod_ip, "status.hostIP": host_ip, "status.podIPs": pod_ip}

    @property
    def _namespace(self) -> str:
        return str(self._pod["metadata"]["namespace"])

    def _data(self, kind: str, name: str) -> dict[str, bytes] | None:
        key = "configmaps" if kind == "configmap" else "secrets"
        try:
            obj = self._store.get(key, self._namespace, name)
        except NotFound:
            return None
        if kind == "secret":
            return {k: base64.b64decode(v) for k, v in (obj.get("data") or {}).items()}
        plain = {k: str(v).encode() for k, v in (obj.get("data") or {}).items()}
        return plain | {k: base64.b64decode(v) for k, v in (obj.get("binaryData") or {}).items()}

    def _required(self, kind: str, reference: Manifest) -> dict[str, bytes]:
        data = self._data(kind, reference["name"])
        if data is None and not reference.get("optional"):
            raise MissingInput(f'{kind} "{reference["name"]}" not found')
        return data or {}

    # -- environment

    def environment(self, container: Manifest) -> dict[str, str]:
        """The variables of the container. Raises MissingInput."""
        env = self._ordinary()
        for source in container.get("envFrom") or ():
            env.update(self._bulk(source))
        for entry in container.get("env") or ():
            value = self._value(container, entry)
            if value is not None:
                env[entry["name"]] = value
        return env

    def _ordinary(self) -> dict[str, str]:
        env = {
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOSTNAME": self._pod["metadata"]["name"], "HOME": "/root",
            "KUBERNETES_SERVICE_HOST": "172.20.0.1", "KUBERNETES_SERVICE_PORT": "443",
            "KUBERNETES_SERVICE_PORT_HTTPS": "443", "KUBERNETES_PORT": "tcp://172.20.0.1:443",
        }  # fmt: skip
        if self._pod["spec"].get("enableServiceLinks", True):
            for service in self._store.list("services", self._namespace):
                env.update(_service_link(service))
        return env

    def _bulk(self, source: Manifest) -> dict[str, str]:
        prefix = source.get("prefix", "")
        if "configMapRef" in source:
            data = self._required("configmap", source["configMapRef"])
        else:
            data = self._required("secret", source["secretRef"])
        return {prefix + k: v.decode(errors="replace") for k, v in data.items()}

    def _value(self, container: Manifest, entry: Manifest) -> str | None:
        source = entry.get("valueFrom") or {}
        if "configMapKeyRef" in source:
            return self._keyed("configmap", source["configMapKeyRef"])
        if "secretKeyRef" in source:
            return self._keyed("secret", source["secretKeyRef"])
        if "fieldRef" in source:
            return self._field(source["fieldRef"]["fieldPath"])
        if "resourceFieldRef" in source:
            return _resource(container, source["resourceFieldRef"]["resource"])
        return str(entry.get("value", ""))

    def _keyed(self, kind: str, reference: Manifest) -> str | None:
        data = self._required(kind, reference)
        if reference["key"] in data:
            return data[reference["key"]].decode(errors="replace")
        if reference.get("optional"):
            return None
        title = {"configmap": "ConfigMap", "secret": "Secret"}[kind]
        raise MissingInput(f"couldn't find key {reference['key']} in {title} {self._namespace}/{reference['name']}")

    def _field(self, path: str) -> str:
        meta, spec = self._pod["metadata"], self._pod["spec"]
        simple = {
            "metadata.name": meta["name"], "metadata.namespace": self._namespace, "metadata.uid": meta["uid"],
            "spec.nodeName": spec.get("nodeName", ""), "spec.serviceAccountName": spec.get("serviceAccountName", ""),
            **self._ips,
        }  # fmt: skip
        if path in simple:
            return str(simple[path])
        name = path.partition("['")[2].rstrip("']")
        return (labels(self._pod) if path.startswith("metadata.labels") else notes(self._pod)).get(name, "")

    # -- files

    def missing_volumes(self) -> Iterator[tuple[str, str]]:
        """(volume, text of the kubelet) for each volume that cannot be mounted."""
        for volume in self._pod["spec"].get("volumes") or ():
            for kind, reference in _references(volume):
                try:
                    self._required(kind, reference)
                except MissingInput as missing:
                    yield volume["name"], str(missing)

    def files(self, container: Manifest) -> dict[str, bytes]:
        """Path to content for every mounted ConfigMap and Secret."""
        volumes = {v["name"]: v for v in self._pod["spec"].get("volumes") or ()}
        found: dict[str, bytes] = {}
        for mount in container.get("volumeMounts") or ():
            for kind, reference in _references(volumes.get(mount["name"], {})):
                for name, content in self._required(kind, reference).items():
                    if mount.get("subPath") in (None, "", name):
                        path = (
                            mount["mountPath"] if mount.get("subPath") else f"{mount['mountPath'].rstrip('/')}/{name}"
                        )
                        found[path] = content
        return found


def _references(volume: Manifest) -> Iterator[tuple[str, Manifest]]:
    if "configMap" in volume:
        yield "configmap", volume["configMap"]
    if "secret" in volume:
        yield "secret", {**volume["secret"], "name": volume["secret"]["secretName"]}
    for source in (volume.get("projected") or {}).get("sources") or ():
        if "configMap" in source:
            yield "configmap", source["configMap"]
        if "secret" in source:
            yield "secret", source["secret"]


def _service_link(service: Manifest) -> dict[str, str]:
    address = service["spec"].get("clusterIP")
    ports = service["spec"].get("ports")
    if not address or address == "None" or not ports:
        return {}
    name = service["metadata"]["name"].upper().replace("-", "_")
    return {f"{name}_SERVICE_HOST": address, f"{name}_SERVICE_PORT": str(ports[0]["port"])}


def _resource(container: Manifest, path: str) -> str:
    kind, _, name = path.partition(".")
    quantity = ((container.get("resources") or {}).get(kind) or {}).get(name, "0")
    return str(max(1, quantities.millicores(quantity) // 1000) if name == "cpu" else quantities.size(quantity))
