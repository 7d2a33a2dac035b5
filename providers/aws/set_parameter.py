"""A parameter of a database or a cache (D07, R07): old value, what is allowed, and when it takes effect."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, Final

from providers.aws import cli
from providers.aws.allowed import objection
from providers.aws.change import Shown, planned
from providers.aws.client import AwsClient
from providers.aws.group_change import Group, GroupChange, cache_group, database_group
from providers.aws.parameters import all_parameters
from providers.aws.pinning import CLUSTER, INSTANCE
from providers.aws.values import Parameter
from providers.core.action import Action, Change, Option, Plan, Precondition, Risk, Target
from providers.core.errors import UsageError

if TYPE_CHECKING:
    from providers.aws.provider import Aws

CACHE: Final = "cache-cluster"
_OPTIONS: Final = (
    Option("name", "The parameter.", required=True),
    Option("value", "Its new value.", required=True),
)
_FIXES: Final = {
    "maxclients": "ElastiCache fixes maxclients for this engine: close idle clients (parameter timeout), or scale out",
}


class SetDbParameter(Action):
    """Change the parameter group of a cluster, or of an instance."""

    id: ClassVar[str] = "set-db-parameter"
    title: ClassVar[str] = "Change a database parameter"
    risk: ClassVar[Risk] = Risk.HIGH
    rows: ClassVar[tuple[str, ...]] = ("D07",)
    kinds: ClassVar[frozenset[str]] = frozenset({CLUSTER, INSTANCE})
    options: ClassVar[tuple[Option, ...]] = _OPTIONS

    def __init__(self, aws: Aws) -> None:
        self._aws = aws

    def hindrance(self, target: Target) -> str:
        """Known without asking: what kind of thing it is."""
        return "" if target.kind in self.kinds else "only databases have such parameters"

    async def plan(self, target: Target, options: Mapping[str, str]) -> Plan:
        """Read and judge. Raises UsageError for a parameter or value that makes no sense, NotFound, Denied …"""
        return await _plan(self._aws.client, self, await database_group(self._aws.client, target), options)


class SetCacheParameter(Action):
    """Change the parameter group of a cache."""

    id: ClassVar[str] = "set-cache-parameter"
    title: ClassVar[str] = "Change a cache parameter"
    risk: ClassVar[Risk] = Risk.HIGH
    rows: ClassVar[tuple[str, ...]] = ("R07",)
    kinds: ClassVar[frozenset[str]] = frozenset({CACHE})
    options: ClassVar[tuple[Option, ...]] = _OPTIONS

    def __init__(self, aws: Aws) -> None:
        self._aws = aws

    def hindrance(self, target: Target) -> str:
        """Known without asking: what kind of thing it is."""
        return "" if target.kind in self.kinds else "only caches have such parameters"

    async def plan(self, target: Target, options: Mapping[str, str]) -> Plan:
        """Read and judge. Raises UsageError for a parameter or value that makes no sense, NotFound, Denied …"""
        return await _plan(self._aws.client, self, await cache_group(self._aws.client, target), options)


async def _plan(client: AwsClient, action: Action, group: Group, options: Mapping[str, str]) -> Plan:
    value = options.get("value", "")
    found = _chosen(await all_parameters(client, group.kind, group.name), options.get("name", ""), group)
    if not value:
        raise UsageError("a parameter needs a value", fix=f"{found.name} is {found.value}")
    if why := objection(found, value):
        raise UsageError(why, fix=f"it is {found.value} now")
    change = GroupChange(client, group, found, value)
    shown = Shown(
        title=f"Set {found.name} of {group.name}: {_said(found.value)} → {value}",
        target=group.target,
        diff=(Change(found.name, found.value, value),),
        interrupts=_interrupts(group, found),
        preconditions=(
            Precondition("parameter group", group.name, "console"),
            Precondition(found.name, _said(found.value), "console"),
        ),
        inverse=_inverse(client, group, found),
        blockers=_blockers(group, found, value),
    )
    return await planned(client, action, change.request, change, shown)


def _chosen(known: Sequence[Parameter], name: str, group: Group) -> Parameter:
    found = next((parameter for parameter in known if parameter.name == name), None)
    if found is None:
        near = ", ".join(difflib.get_close_matches(name, [parameter.name for parameter in known], 4))
        raise UsageError(f"{group.name} has no parameter {name!r}", fix=f"did you mean: {near}" if near else "")
    return found


def _blockers(group: Group, parameter: Parameter, value: str) -> tuple[str, ...]:
    lines = []
    if group.default:
        lines.append(
            f"{group.name} comes with the engine and cannot be changed: create a parameter group of your own, "
            "let the database use it, and reboot it once"
        )
    if not parameter.modifiable:
        fix = _FIXES.get(parameter.name, "AWS does not let it be changed")
        lines.append(f"{parameter.name} cannot be changed: {fix}")
    if parameter.value == value:
        lines.append(f"{parameter.name} is {value} already")
    return tuple(lines)


def _interrupts(group: Group, parameter: Parameter) -> tuple[str, ...]:
    when = {
        "static": "it is static: it takes effect with the next reboot of each, and not before",
        "dynamic": "it is dynamic: it takes effect at once, everywhere",
    }.get(
        parameter.apply_type, "AWS does not say whether it is dynamic: it is sent to take effect with the next reboot"
    )
    users = ", ".join(f"{name} ({status or 'in use'})" for name, status in group.users) or "nothing"
    lines = [f"the group {group.name} is used by: {users}", when]
    if parameter.allowed:
        lines.append(f"allowed: {parameter.allowed[:200]}")
    if not group.complete:
        lines.append("there are more databases than the console lists: others may use it, too")
    return tuple(lines)


def _inverse(client: AwsClient, group: Group, old: Parameter) -> str:
    """Back to the old value; to the default, where nobody had set one."""
    if old.value is not None and old.source in {"", "user"}:
        request = group.request(old, old.value)
        return cli.command(client, request.service, request.operation, request.params)
    request = group.reset(old)
    return cli.command(client, request.service, request.operation, request.params)


def _said(value: str | None) -> str:
    return "(engine default)" if value is None else value
