"""What each namespace is given when it is made."""

from __future__ import annotations

from contextlib import suppress
from typing import ClassVar

from sandbox.cluster.errors import NotFound
from sandbox.cluster.nodes.controller import Controller
from sandbox.cluster.nodes.objects import key_of, split
from sandbox.cluster.seams import Manifest


class NamespaceController(Controller):
    """Gives each namespace its default service account and the cluster's root certificate."""

    watches: ClassVar[tuple[str, ...]] = ("namespaces",)
    component: ClassVar[str] = "namespace-controller"

    def observe(self, change: str, key: str, obj: Manifest) -> None:
        if change == "ADDED":
            self.queue.add(key_of(obj))

    def reconcile(self, key: str) -> None:
        name = split(key)[1]
        born = self.store.get("namespaces", None, name)["metadata"]["creationTimestamp"]
        account = {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": {"name": "default", "namespace": name, "creationTimestamp": born},
        }
        self._ensure("serviceaccounts", account)
        meta = {
            "name": "kube-root-ca.crt",
            "namespace": name,
            "creationTimestamp": born,
            "annotations": {
                "kubernetes.io/description": "Contains a CA bundle that can be used to verify the kube-apiserver."
            },
        }
        data = {"ca.crt": "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"}
        self._ensure("configmaps", {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": data})

    def _ensure(self, key: str, obj: Manifest) -> None:
        with suppress(NotFound):
            self.store.get(key, obj["metadata"]["namespace"], obj["metadata"]["name"])
            return
        self.store.create(key, obj)
