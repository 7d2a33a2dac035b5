"""Asking a cluster what we may do there."""

from __future__ import annotations

import msgspec

from providers.core.action import Permission
from providers.kube.answers import garbled

REVIEW_PATH = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


class _Verdict(msgspec.Struct):
    allowed: bool = False


class _Review(msgspec.Struct):
    status: _Verdict


def review_body(permission: Permission) -> bytes:
    """The SelfSubjectAccessReview of a permission written like ("create", "pods/exec", …) or "deployments.apps"."""
    resource, _, subresource = permission.resource.partition("/")
    plural, _, group = resource.partition(".")
    attributes = {
        "verb": permission.verb,
        "group": group,
        "resource": plural,
        "subresource": subresource,
        "namespace": permission.namespace,
        "name": permission.name,
    }
    spec = {"resourceAttributes": {key: value for key, value in attributes.items() if value}}
    return msgspec.json.encode(
        {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "spec": spec}
    )


def allowed_in(answer: bytes, source: str) -> bool:
    """The verdict of an answered review. Raises Garbled."""
    try:
        return msgspec.json.decode(answer, type=_Review).status.allowed
    except msgspec.DecodeError:
        raise garbled("access review", source) from None
