"""Computed answers: who am I, and what may I do."""

from __future__ import annotations

from typing import Any

from sandbox.cluster.access import Attributes, Policy, User


def review(kind: str, body: dict[str, Any], user: User, policy: Policy) -> dict[str, Any]:
    """The body with its status filled in."""
    match kind:
        case "SelfSubjectReview":
            status: dict[str, Any] = {"userInfo": {"username": user.name, "groups": list(user.groups)}}
        case "SelfSubjectRulesReview":
            status = _rules(user, body.get("spec", {}).get("namespace", "default"))
        case _:
            status = _access(body.get("spec", {}), user, policy)
    return {**body, "metadata": {}, "status": status}


def _access(spec: dict[str, Any], user: User, policy: Policy) -> dict[str, Any]:
    asked = spec.get("resourceAttributes") or {}
    part = f"/{asked['subresource']}" if asked.get("subresource") else ""
    attributes = Attributes(
        asked.get("verb", ""), asked.get("group", ""), asked.get("resource", "") + part, asked.get("namespace", "")
    )
    return {"allowed": policy.allows(user, attributes)}


def _rules(user: User, namespace: str) -> dict[str, Any]:
    rules = [
        {"verbs": list(rule.verbs), "apiGroups": list(rule.groups), "resources": list(rule.resources)}
        for rule in user.rules
        if rule.namespace in (None, namespace)
    ]
    open_to_all = {
        "verbs": ["get"],
        "nonResourceURLs": ["/api", "/api/*", "/apis", "/apis/*", "/openapi/*", "/version"],
    }
    return {"resourceRules": rules, "nonResourceRules": [open_to_all], "incomplete": False}
