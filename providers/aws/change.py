"""One request to AWS that changes something: judged beforehand, pinned by reading again, sent once, followed."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Sequence
from typing import Any, Protocol

import msgspec

from providers.aws import cli
from providers.aws.client import AwsClient, Identity
from providers.aws.permissions import Right, rights
from providers.core.action import (
    Action,
    Call,
    Change,
    DryRun,
    Permission,
    Plan,
    Precondition,
    Progress,
    Steps,
    Target,
)
from providers.core.check import Finding
from providers.core.errors import BackendError, Conflict, Refused
from providers.core.text import clean


class Request(msgspec.Struct, frozen=True):
    """What is sent, exactly. `resource` is the ARN that IAM judges it by."""

    service: str
    operation: str
    params: dict[str, Any]
    resource: str = "*"

    @property
    def right(self) -> str:
        return f"{self.service}:{self.operation}"


class Course(Protocol):
    """What belongs to one kind of change, around its request. All read only."""

    async def unchanged(self) -> str:
        """Why the target is not what the plan was made on; "" when it is. Asked right before the request."""

    async def settled(self) -> bool | None:
        """Whether the change is there; None: cannot be told."""

    def follow(self) -> AsyncGenerator[Progress, None]:
        """Until it is done, stuck or failed."""

    async def verify(self) -> Sequence[Finding]:
        """Is it well now."""


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """What a plan says besides its request."""

    title: str
    target: Target
    diff: tuple[Change, ...]
    interrupts: tuple[str, ...]
    preconditions: tuple[Precondition, ...]
    inverse: str = ""
    blockers: tuple[str, ...] = ()


class Attempt:
    """A request with its course, as the gate runs it."""

    def __init__(self, client: AwsClient, request: Request, course: Course, identity: Identity) -> None:
        self._client = client
        self._request = request
        self._course = course
        self._identity = identity

    @property
    def steps(self) -> Steps:
        course = self._course
        return Steps(self._permit, self._apply, course.settled, course.follow, course.verify)

    async def _permit(self) -> str:
        (right,) = await rights(self._client, (self._request.right,), self._request.resource)
        return right.action if right.allowed is False else ""

    async def _apply(self) -> str:
        started = time.monotonic()
        try:
            await self._check()
        except Conflict:
            raise
        except BackendError as error:
            raise Refused(
                f"what the plan was made on could not be read again: {error.message}", fix=error.fix
            ) from None
        request = self._request
        answer = await self._client.write(
            request.service, request.operation, request.params, spent=time.monotonic() - started
        )
        number = answer.get("ResponseMetadata", {}).get("RequestId", "")
        return f"AWS accepted {request.operation}" + (f" (request {clean(str(number), 80)})" if number else "")

    async def _check(self) -> None:
        """AWS takes no precondition: what the plan was made on is read again in the same moment."""
        now = await self._client.who(anew=True)
        why = self._client.wrong_account(now)
        if now.principal != self._identity.principal:
            why = f"the credentials are now those of {now.arn}, and were of {self._identity.arn}"
        if why := why or await self._course.unchanged():
            raise Conflict(why, source=self._client.source, fix="look again and plan anew")


async def planned(client: AwsClient, action: Action, request: Request, course: Course, shown: Shown) -> Plan:
    """The plan of a request. Raises BackendError when we cannot be told who we are."""
    identity = await client.who()
    (right,) = await rights(client, (request.right,), request.resource)
    wrong = client.wrong_account(identity)
    caller = Precondition("caller", identity.principal, "console")
    return Plan(
        action=action.id,
        title=shown.title,
        rows=action.rows,
        source=f"{client.source} · account {identity.account} · {client.region} · {identity.who}",
        target=shown.target,
        risk=action.risk,
        calls=(Call(client.source, request.operation, f"{request.service} {client.region}", cli.body(request.params)),),
        diff=shown.diff,
        interrupts=shown.interrupts,
        preconditions=(caller, *shown.preconditions),
        permissions=(Permission(request.right, request.resource),),
        dry_run=_dry_run(request, right),
        inverse=shown.inverse,
        equivalent=cli.command(client, request.service, request.operation, request.params),
        steps=Attempt(client, request, course, identity).steps,
        blockers=(*((wrong,) if wrong else ()), *_forbidden(right), *shown.blockers),
    )


def _forbidden(right: Right) -> tuple[str, ...]:
    return (f"not allowed: {right.action} is missing ({right.why})",) if right.allowed is False else ()


def _dry_run(request: Request, right: Right) -> DryRun:
    message = f"{request.service} has no dry run"
    if right.allowed is None:
        message += f"; whether we may is not known beforehand ({right.why}): AWS decides"
    return DryRun("not offered", clean(message, 400))
