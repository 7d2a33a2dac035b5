"""Who may do what: the rules of the sandbox users and the words of a refusal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sandbox.cluster.errors import Forbidden

READ = ("get", "list", "watch")
WRITE = ("create", "delete", "deletecollection", "patch", "update")
BRIDGE = "fusion-bitcoin"


@dataclass(frozen=True, slots=True)
class Attributes:
    """One question: may someone `verb` this `resource` ("pods/exec") of `group` in `namespace` ("" = everywhere)?"""

    verb: str
    group: str
    resource: str
    namespace: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """A grant; "*" stands for all. `namespace` None is the whole cluster."""

    verbs: tuple[str, ...]
    groups: tuple[str, ...]
    resources: tuple[str, ...]
    namespace: str | None = None

    def grants(self, asked: Attributes) -> bool:
        return (
            (self.namespace is None or self.namespace == asked.namespace)
            and _among(asked.verb, self.verbs)
            and _among(asked.group, self.groups)
            and _among(asked.resource, self.resources)
        )


@dataclass(frozen=True, slots=True)
class User:
    """Somebody with a token."""

    name: str
    groups: tuple[str, ...]
    rules: tuple[Rule, ...]


_REVIEWS = Rule(
    ("create",),
    ("authorization.k8s.io", "authentication.k8s.io"),
    ("selfsubjectaccessreviews", "selfsubjectrulesreviews", "selfsubjectreviews"),
)
_CORE_VIEW = (
    "bindings",
    "configmaps",
    "endpoints",
    "events",
    "limitranges",
    "namespaces",
    "persistentvolumeclaims",
    "pods",
    "pods/log",
    "pods/status",
    "replicationcontrollers",
    "resourcequotas",
    "serviceaccounts",
    "services",
    "services/status",
)
_GROUPS_VIEW = ("apps", "autoscaling", "batch", "discovery.k8s.io", "events.k8s.io", "networking.k8s.io", "policy")
_VIEW = (
    _REVIEWS,
    Rule(READ, ("",), _CORE_VIEW),
    Rule(READ, _GROUPS_VIEW, ("*",)),
    Rule(READ, ("metrics.k8s.io",), ("pods",)),
)
_CORE_EDIT = (
    "configmaps",
    "endpoints",
    "events",
    "persistentvolumeclaims",
    "pods",
    "pods/attach",
    "pods/eviction",
    "pods/exec",
    "pods/portforward",
    "pods/proxy",
    "secrets",
    "serviceaccounts",
    "services",
    "services/proxy",
)
_EDIT = (
    Rule(READ + WRITE, ("",), _CORE_EDIT, BRIDGE),
    Rule(READ + WRITE, ("apps", "autoscaling", "batch", "networking.k8s.io", "policy"), ("*",), BRIDGE),
)

USERS: tuple[User, ...] = (
    User("admin", ("system:masters", "system:authenticated"), (Rule(("*",), ("*",), ("*",)),)),
    User("oncall", ("fusion:oncall", "system:authenticated"), _VIEW + _EDIT),
    User("viewer", ("fusion:viewers", "system:authenticated"), _VIEW),
    User("nobody", ("system:authenticated",), (_REVIEWS,)),
)


class Policy:
    """The rules at work, and the grants that are withdrawn for now."""

    def __init__(self) -> None:
        self._withdrawn: dict[str, Rule] = {}

    def withdraw(self, user: str, rule: Rule) -> None:
        self._withdrawn[user] = rule

    def restore(self, user: str) -> None:
        self._withdrawn.pop(user, None)

    def allows(self, user: User, asked: Attributes) -> bool:
        withdrawn = self._withdrawn.get(user.name)
        if withdrawn is not None and withdrawn.grants(asked):
            return False
        return any(rule.grants(asked) for rule in user.rules)

    def enforce(self, user: User, asked: Attributes) -> None:
        """Raises Forbidden in the words of the real server."""
        if not self.allows(user, asked):
            raise refusal(user, asked)


def refusal(user: User, asked: Attributes) -> Forbidden:
    plural, _, _ = asked.resource.partition("/")
    qualified = f"{plural}.{asked.group}" if asked.group else plural
    subject = f'{qualified} "{asked.name}"' if asked.name else qualified
    where = f'in the namespace "{asked.namespace}"' if asked.namespace else "at the cluster scope"
    text = (
        f'{subject} is forbidden: User "{user.name}" cannot {asked.verb} resource "{asked.resource}" '
        f'in API group "{asked.group}" {where}'
    )
    details = {"name": asked.name, "group": asked.group, "kind": plural}
    return Forbidden(text, {name: value for name, value in details.items() if value})


def _among(value: str, allowed: Iterable[str]) -> bool:
    return any(value == one or one == "*" for one in allowed)
