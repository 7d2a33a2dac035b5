"""Changes: a verb makes a plan by reading only; what is confirmed is what runs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from enum import StrEnum
from typing import ClassVar, Protocol

import msgspec

from providers.core.check import Finding


class Risk(StrEnum):
    """How much friction a change deserves. In a production environment every level moves up one."""

    LOW = "low"
    HIGH = "high"
    DESTRUCTIVE = "destructive"

    def raised(self) -> Risk:
        """One level up; destructive stays."""
        order = list(Risk)
        return order[min(order.index(self) + 1, len(order) - 1)]


class Target(msgspec.Struct, frozen=True):
    """What is changed, by identity and not by position. `name` is the raw name that has to be typed."""

    kind: str
    name: str
    namespace: str = ""
    identity: str = ""
    """The system's own unique id as seen when it was selected: a UID, an ARN, (pid, backend_start)."""

    @property
    def label(self) -> str:
        return f"{self.kind}/{self.name}"


class Permission(msgspec.Struct, frozen=True):
    """A right an action needs, as the system names it: ("patch", "deployments.apps", "fusion-bitcoin", "relayer")."""

    verb: str
    resource: str
    namespace: str = ""
    name: str = ""

    def __str__(self) -> str:
        where = f" in {self.namespace}" if self.namespace else ""
        return f"{self.verb} {self.resource}{where}"


class Call(msgspec.Struct, frozen=True):
    """One request exactly as it will be sent; `body` is canonical JSON or SQL with secrets masked."""

    system: str
    method: str
    address: str
    body: str = ""


class Change(msgspec.Struct, frozen=True):
    """One line of a diff; None is absent."""

    field: str
    before: str | None
    after: str | None


class Precondition(msgspec.Struct, frozen=True):
    """A fact the plan was built on. `enforced` says who checks it at fire time: "server" or "console"."""

    name: str
    value: str
    enforced: str = "server"


class DryRun(msgspec.Struct, frozen=True):
    """What the server said to the same request without effect. `state`: passed, failed or not offered."""

    state: str
    message: str


class Stage(StrEnum):
    """Where a change that was sent has got to."""

    RUNNING = "running"
    DONE = "done"
    STUCK = "stuck"
    FAILED = "failed"


class Progress(msgspec.Struct, frozen=True):
    """One step of following a change: `message` says what is true now and, when stuck, why."""

    stage: Stage
    message: str
    fraction: float | None = None


class Steps(msgspec.Struct, frozen=True):
    """What the gate runs, in this order. All are bound to the plan they came with and take nothing more.

    `permit` names the first missing right ("" when none is missing). `apply` sends exactly one request, once, with the
    preconditions in it, and returns the server's words; raises Conflict, Denied, Invalid (nothing changed) or
    Unreachable, TimedOut, ServerFault (outcome unknown). `settled` reads back, after an unknown, whether the change is
    there (None: cannot be told). `follow` reads until the change is done, stuck or failed. `verify` judges health
    afterwards.
    """

    permit: Callable[[], Awaitable[str]]
    apply: Callable[[], Awaitable[str]]
    settled: Callable[[], Awaitable[bool | None]]
    follow: Callable[[], AsyncGenerator[Progress, None]]
    verify: Callable[[], Awaitable[Sequence[Finding]]]


class Plan(msgspec.Struct, frozen=True):
    """A change, complete and shown before it is made. Made by reading only."""

    action: str
    title: str
    rows: tuple[str, ...]
    source: str
    """The live identity of the system it goes to, as fetched while planning ("kube staging · user oncall")."""
    target: Target
    risk: Risk
    calls: tuple[Call, ...]
    diff: tuple[Change, ...]
    interrupts: tuple[str, ...]
    """What it will disturb: pods replaced, budgets touched, the last ready replica."""
    preconditions: tuple[Precondition, ...]
    permissions: tuple[Permission, ...]
    dry_run: DryRun
    inverse: str
    """How to take it back, as a command; "" when that is not possible, and then `interrupts` says so."""
    equivalent: str
    """The same by hand: a kubectl, aws or psql command."""
    steps: Steps
    blockers: tuple[str, ...] = ()
    """Reasons why it must not run now; a plan with a blocker is shown and refused."""

    @property
    def digest(self) -> str:
        """SHA-256 of all that is shown: what was confirmed can be proved to be what ran."""
        shown = {name: msgspec.to_builtins(getattr(self, name)) for name in self.__struct_fields__ if name != "steps"}
        # Escaped to ASCII, since a raw name may hold what UTF-8 cannot (a lone surrogate).
        return hashlib.sha256(json.dumps(shown, sort_keys=True).encode("ascii")).hexdigest()


class Verdict(StrEnum):
    """How a run of a plan ended. A timeout is not a failure: it is unknown, read back, and never sent again."""

    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Outcome(msgspec.Struct, frozen=True):
    """The end of one run. `id` is the audit intent ("" when refused before one was written)."""

    id: str
    verdict: Verdict
    message: str
    progress: Progress | None = None
    findings: tuple[Finding, ...] = ()


class Option(msgspec.Struct, frozen=True):
    """A parameter of an action: `name` is also --name on the command line; `asked` is put to whoever is at the keys."""

    name: str
    help: str
    default: str = ""
    required: bool = False
    asked: bool = False


class Action(Protocol):
    """A verb of a provider. Its actions inherit from this for what is the same for most."""

    id: ClassVar[str]
    title: ClassVar[str]
    risk: ClassVar[Risk]
    rows: ClassVar[tuple[str, ...]]
    kinds: ClassVar[frozenset[str]]
    options: ClassVar[tuple[Option, ...]]

    def hindrance(self, target: Target) -> str:
        """Why it cannot be done to this target, from what is known without asking; "" when it can."""

    def known(self, target: Target) -> Mapping[str, str]:
        """What the options are now, as far as that is known without asking: a form starts with it."""
        return {}

    async def plan(self, target: Target, options: Mapping[str, str]) -> Plan:
        """Read, dry-run and describe. Raises BackendError; UsageError for options that make no sense."""
