"""The table of what this API serves: every kind with its names, verbs and subresources."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

GIT_VERSION = "v1.32.4"

ALL = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")
NO_COLLECTION = ("create", "delete", "get", "list", "patch", "update", "watch")
READ = ("get", "list")
STATUS_VERBS = ("get", "patch", "update")
CONNECT = ("create", "get")


@dataclass(frozen=True)
class Subresource:
    """A part of an object with its own address. `kind` is what it carries, in `group`/`version` if not its own."""

    name: str
    kind: str
    verbs: tuple[str, ...]
    group: str = ""
    version: str = ""


@dataclass(frozen=True)
class Kind:
    """One served resource. `stored` is False for what is computed on request (metrics, reviews, mirrored events)."""

    group: str
    version: str
    kind: str
    plural: str
    short: tuple[str, ...] = ()
    namespaced: bool = True
    categories: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ALL
    subresources: tuple[Subresource, ...] = ()
    generation: bool = False
    stored: bool = True

    @cached_property
    def key(self) -> str:
        """The group-qualified resource, as messages and the store name it: "pods", "deployments.apps"."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @cached_property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @cached_property
    def singular(self) -> str:
        return self.kind.lower()

    @cached_property
    def head(self) -> bytes:
        """The first bytes of an encoded object, before its first field."""
        return f'{{"kind":"{self.kind}","apiVersion":"{self.api_version}",'.encode()

    @cached_property
    def has_status(self) -> bool:
        return self.subresource("status") is not None

    def subresource(self, name: str) -> Subresource | None:
        return next((sub for sub in self.subresources if sub.name == name), None)


def _status(kind: str) -> Subresource:
    return Subresource("status", kind, STATUS_VERBS)


_SCALE = Subresource("scale", "Scale", STATUS_VERBS, "autoscaling", "v1")
_POD_SUBRESOURCES = (
    Subresource("attach", "PodAttachOptions", CONNECT),
    Subresource("binding", "Binding", ("create",)),
    Subresource("eviction", "Eviction", ("create",), "policy", "v1"),
    Subresource("exec", "PodExecOptions", CONNECT),
    Subresource("log", "Pod", ("get",)),
    Subresource("portforward", "PodPortForwardOptions", CONNECT),
    Subresource("proxy", "PodProxyOptions", ("create", "delete", "get", "patch", "update")),
    _status("Pod"),
)
_SERVICE_PROXY = Subresource("proxy", "ServiceProxyOptions", ("create", "delete", "get", "patch", "update"))


def _core() -> Iterator[Kind]:
    yield Kind("", "v1", "ConfigMap", "configmaps", ("cm",))
    yield Kind("", "v1", "Endpoints", "endpoints", ("ep",))
    yield Kind("", "v1", "Event", "events", ("ev",))
    yield Kind("", "v1", "LimitRange", "limitranges", ("limits",))
    yield Kind(
        "",
        "v1",
        "Namespace",
        "namespaces",
        ("ns",),
        namespaced=False,
        verbs=NO_COLLECTION,
        subresources=(_status("Namespace"),),
    )
    yield Kind("", "v1", "Node", "nodes", ("no",), namespaced=False, subresources=(_status("Node"),))
    yield Kind(
        "", "v1", "PersistentVolumeClaim", "persistentvolumeclaims", ("pvc",),
        subresources=(_status("PersistentVolumeClaim"),),
    )  # fmt: skip
    yield Kind("", "v1", "PersistentVolume", "persistentvolumes", ("pv",), namespaced=False)
    yield Kind("", "v1", "Pod", "pods", ("po",), categories=("all",), subresources=_POD_SUBRESOURCES)
    yield Kind(
        "", "v1", "ReplicationController", "replicationcontrollers", ("rc",), categories=("all",),
        generation=True, subresources=(_status("ReplicationController"),),
    )  # fmt: skip
    yield Kind("", "v1", "ResourceQuota", "resourcequotas", ("quota",), subresources=(_status("ResourceQuota"),))
    yield Kind("", "v1", "Secret", "secrets")
    yield Kind("", "v1", "ServiceAccount", "serviceaccounts", ("sa",))
    yield Kind(
        "",
        "v1",
        "Service",
        "services",
        ("svc",),
        categories=("all",),
        subresources=(_SERVICE_PROXY, _status("Service")),
    )


def _workloads() -> Iterator[Kind]:
    for kind, plural, short, scales in (
        ("DaemonSet", "daemonsets", "ds", False),
        ("Deployment", "deployments", "deploy", True),
        ("ReplicaSet", "replicasets", "rs", True),
        ("StatefulSet", "statefulsets", "sts", True),
    ):
        subresources = (_SCALE, _status(kind)) if scales else (_status(kind),)
        yield Kind(
            "apps", "v1", kind, plural, (short,), categories=("all",), subresources=subresources, generation=True
        )
    yield Kind("apps", "v1", "ControllerRevision", "controllerrevisions")
    yield Kind(
        "batch", "v1", "CronJob", "cronjobs", ("cj",),
        categories=("all",), subresources=(_status("CronJob"),), generation=True,
    )  # fmt: skip
    yield Kind("batch", "v1", "Job", "jobs", categories=("all",), subresources=(_status("Job"),), generation=True)
    yield Kind(
        "policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets", ("pdb",),
        subresources=(_status("PodDisruptionBudget"),), generation=True,
    )  # fmt: skip
    yield Kind(
        "autoscaling", "v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers", ("hpa",),
        categories=("all",), subresources=(_status("HorizontalPodAutoscaler"),),
    )  # fmt: skip


def _platform() -> Iterator[Kind]:
    rbac = "rbac.authorization.k8s.io"
    yield Kind("discovery.k8s.io", "v1", "EndpointSlice", "endpointslices", generation=True)
    yield Kind(
        "networking.k8s.io", "v1", "Ingress", "ingresses", ("ing",), subresources=(_status("Ingress"),), generation=True
    )
    yield Kind("networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies", ("netpol",), generation=True)
    yield Kind("coordination.k8s.io", "v1", "Lease", "leases")
    yield Kind("storage.k8s.io", "v1", "StorageClass", "storageclasses", ("sc",), namespaced=False)
    yield Kind("scheduling.k8s.io", "v1", "PriorityClass", "priorityclasses", ("pc",), namespaced=False)
    yield Kind(rbac, "v1", "Role", "roles")
    yield Kind(rbac, "v1", "RoleBinding", "rolebindings")
    yield Kind(rbac, "v1", "ClusterRole", "clusterroles", namespaced=False)
    yield Kind(rbac, "v1", "ClusterRoleBinding", "clusterrolebindings", namespaced=False)


def _computed() -> Iterator[Kind]:
    yield Kind("events.k8s.io", "v1", "Event", "events", ("ev",), verbs=("get", "list", "watch"), stored=False)
    metrics = "metrics.k8s.io"
    yield Kind(metrics, "v1beta1", "NodeMetrics", "nodes", namespaced=False, verbs=READ, stored=False)
    yield Kind(metrics, "v1beta1", "PodMetrics", "pods", verbs=READ, stored=False)
    authz, create = "authorization.k8s.io", ("create",)
    for kind in ("SelfSubjectAccessReview", "SelfSubjectRulesReview"):
        yield Kind(authz, "v1", kind, f"{kind.lower()}s", namespaced=False, verbs=create, stored=False)
    yield Kind(
        "authentication.k8s.io", "v1", "SelfSubjectReview", "selfsubjectreviews",
        namespaced=False, verbs=create, stored=False,
    )  # fmt: skip


SERVED: tuple[Kind, ...] = (*_core(), *_workloads(), *_platform(), *_computed())
BY_KEY: dict[str, Kind] = {kind.key: kind for kind in SERVED}
BY_ADDRESS: dict[tuple[str, str, str], Kind] = {(kind.group, kind.version, kind.plural): kind for kind in SERVED}
BY_NAME: dict[tuple[str, str], Kind] = {(kind.api_version, kind.kind): kind for kind in SERVED}
