"""Pod templates: their hash, their likeness, and the pods made from them."""

from __future__ import annotations

import copy
import json
import random

from sandbox.cluster.nodes.objects import owner_reference
from sandbox.cluster.seams import Manifest

TOKEN_PATH = "/var/run/secrets/kubernetes.io/serviceaccount"
HASH_LABEL = "pod-template-hash"
# The alphabet of k8s.io/apimachinery/pkg/util/rand: no vowels, so that no name is a word.
_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"


def _fnv32a(data: bytes) -> int:
    value = 0x811C9DC5
    for byte in data:
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return value


def template_hash(template: Manifest) -> str:
    """The value of `pod-template-hash`: it names the ReplicaSet of a template."""
    digits = str(_fnv32a(json.dumps(bare(template), sort_keys=True).encode()))
    return "".join(_ALPHABET[ord(digit) % len(_ALPHABET)] for digit in digits)


def bare(template: Manifest) -> Manifest:
    """The template without its hash label, as it stands in the Deployment."""
    copied = copy.deepcopy(template)
    meta = copied.setdefault("metadata", {})
    meta.pop("creationTimestamp", None)
    (meta.get("labels") or {}).pop(HASH_LABEL, None)
    return copied


def same(one: Manifest, other: Manifest) -> bool:
    """Whether two templates make the same pods."""
    return bare(one) == bare(other)


def suffix(rng: random.Random) -> str:
    """Five letters, as `generateName` appends them."""
    return "".join(rng.choice(_ALPHABET) for _ in range(5))


def pod_of(owner: Manifest, template: Manifest, rng: random.Random) -> Manifest:
    """A new pod for `owner`, not yet placed on a node."""
    base = f"{owner['metadata']['name']}-"
    meta = {k: copy.deepcopy(v) for k, v in (template.get("metadata") or {}).items() if k in ("labels", "annotations")}
    meta["generateName"] = base
    meta["name"] = base + suffix(rng)
    meta["namespace"] = owner["metadata"]["namespace"]
    meta["ownerReferences"] = [owner_reference(owner)]
    return {
        "apiVersion": "v1", "kind": "Pod", "metadata": meta,
        "spec": with_token(with_admission(template["spec"]), suffix(rng)), "status": {"phase": "Pending"},
    }  # fmt: skip


def with_admission(spec: Manifest) -> Manifest:
    """What the admission plugins of a true cluster add to the spec of every pod."""
    pod_spec = copy.deepcopy(spec)
    account = pod_spec.setdefault("serviceAccountName", "default")
    defaults = {
        "dnsPolicy": "ClusterFirst", "enableServiceLinks": True, "preemptionPolicy": "PreemptLowerPriority",
        "priority": 0, "restartPolicy": "Always", "schedulerName": "default-scheduler", "securityContext": {},
        "serviceAccount": account, "terminationGracePeriodSeconds": 30,
    }  # fmt: skip
    for field, value in defaults.items():
        pod_spec.setdefault(field, value)
    _tolerate(pod_spec)
    return pod_spec


def with_token(pod_spec: Manifest, name: str) -> Manifest:
    """Mount the token of the service account, in place."""
    volume = f"kube-api-access-{name}"
    items = [{"key": "ca.crt", "path": "ca.crt"}]
    field = {"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}
    sources = [
        {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
        {"configMap": {"name": "kube-root-ca.crt", "items": items}},
        {"downwardAPI": {"items": [field]}},
    ]
    pod_spec.setdefault("volumes", []).append({"name": volume, "projected": {"defaultMode": 420, "sources": sources}})
    for container in (*pod_spec["containers"], *(pod_spec.get("initContainers") or ())):
        mount = {"name": volume, "readOnly": True, "mountPath": TOKEN_PATH}
        container.setdefault("volumeMounts", []).append(mount)
    return pod_spec


def _tolerate(pod_spec: Manifest) -> None:
    tolerations = pod_spec.setdefault("tolerations", [])
    for key in ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"):
        if not any(t.get("key") == key or (t.get("operator") == "Exists" and not t.get("key")) for t in tolerations):
            tolerations.append({"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300})
