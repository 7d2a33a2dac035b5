"""One JSON patch to one deployment, as every action on deployments makes it: pinned, dry-run, sent once, followed."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from typing import Any, Final

import msgspec

from providers.core.action import Call, DryRun, Permission, Precondition, Progress, Steps
from providers.core.check import Finding
from providers.core.errors import BackendError, Conflict, Denied, Invalid
from providers.core.secret import MASK, redact
from providers.core.text import clean
from providers.kube.client import JSON_PATCH, KubeClient
from providers.kube.follow import follow
from providers.kube.health import Expectations, verify
from providers.kube.masking import looks_secret, scrubbed
from providers.kube.raw import Manifest, last_writer
from providers.kube.rollouts import deployment_path

Operation = dict[str, Any]
LONGEST_SHOWN: Final = 600
_ABSENT: Final = object()
_MISFIT: Final = "the server rejected our request due to an error in our request"
"""What an API server says when an operation of a JSON patch, a `test` among them, does not fit the object (422)."""


class Rehearsal(msgspec.Struct, frozen=True):
    """What asking beforehand gave: the dry run, the reasons not to go on, and the object as it would become."""

    dry_run: DryRun
    blockers: tuple[str, ...] = ()
    outcome: Manifest | None = None


class DeploymentChange:
    """`operations` change the spec; tests on uid and generation go before them in the same request.

    Generation moves with the spec and, for deployments, with annotations (pkg/registry/apps/deployment/strategy.go): a
    rollout's status churn does not spoil the plan, anybody's edit does, and then the server itself refuses. Make one
    with `prepare`.
    """

    def __init__(
        self, client: KubeClient, deployment: Manifest, operations: Sequence[Operation], expected: Expectations
    ) -> None:
        metadata = deployment["metadata"]
        self._client = client
        self._expected = expected
        self.namespace: str = metadata["namespace"]
        self.name: str = metadata["name"]
        self.uid: str = metadata["uid"]
        self.generation: int = metadata["generation"]
        self.rehearsal = Rehearsal(DryRun("not offered", "not asked yet"))
        pins = [_test("/metadata/uid", self.uid), _test("/metadata/generation", self.generation)]
        self._operations = [*pins, *operations]
        self._body = msgspec.json.encode(self._operations)
        self._path = deployment_path(self.namespace, self.name)
        self.permission = Permission("patch", "deployments.apps", self.namespace, self.name)

    @property
    def calls(self) -> tuple[Call, ...]:
        """The request as it will be sent, secret-looking values masked, long ones cut."""
        shown = clean(redact(msgspec.json.encode(_hidden(self._operations)).decode()), LONGEST_SHOWN)
        return (Call(self._client.source, "PATCH", self._path, shown),)

    @property
    def preconditions(self) -> tuple[Precondition, ...]:
        return (Precondition("uid", self.uid), Precondition("generation", str(self.generation)))

    @property
    def steps(self) -> Steps:
        return Steps(self._permit, self._apply, self._settled, self._follow, self._verify)

    async def rehearse(self) -> None:
        """Ask whether we may, and only then let the server try the same request without effect.

        Raises Conflict when the deployment changed while the plan was made, Unreachable, TimedOut …
        """
        missing = await self._permit()
        if missing:
            dry_run = DryRun("not offered", "not asked: the right to do it is missing")
            self.rehearsal = Rehearsal(dry_run, (f"not allowed: {missing} is missing",))
            return
        try:
            answer = await self._patch({"dryRun": "All"})
        except (Denied, Invalid) as error:
            self.rehearsal = _refused(error)
        else:
            self.rehearsal = Rehearsal(DryRun("passed", "the server accepts the change"), (), _decoded(answer))

    async def _permit(self) -> str:
        return "" if await self._client.allowed(self.permission) else str(self.permission)

    async def _apply(self) -> str:
        await self._patch({})
        return "the server accepted the change"

    async def _patch(self, params: dict[str, str]) -> bytes:
        try:
            return await self._client.send("PATCH", self._path, self._body, JSON_PATCH, params=params)
        except Invalid as error:
            if _MISFIT not in error.message:
                raise
        raise Conflict(
            f"{self.name} is not what it was when the plan was made{await self._since_then()}",
            source=self._client.source,
            fix="look again and plan anew",
        )

    async def _since_then(self) -> str:
        """Who changed it, if that can be told. The refusal stands either way."""
        try:
            now = await self._client.object(self._path)
        except BackendError:
            return ""
        writer = last_writer(now, "spec")
        if now["metadata"]["uid"] != self.uid or writer is None:
            return ""
        at = f" at {writer.at:%H:%M:%SZ}" if writer.at else ""
        return f": generation {now['metadata']['generation']}, was {self.generation}; {clean(writer.manager)}{at}"

    async def _settled(self) -> bool | None:
        """Whether the change is there; None when somebody may have changed the spec in between."""
        now = await self._client.object(self._path)
        if now["metadata"]["uid"] != self.uid:
            return None
        if now["metadata"]["generation"] == self.generation:
            return False
        return True if self._there(now) else None

    def _there(self, now: Manifest) -> bool:
        wanted = self.rehearsal.outcome
        touched = [op for op in self._operations if op["op"] != "test" and op["path"].startswith("/spec")]
        return all(
            _at(now, op["path"]) == (_at(wanted, op["path"]) if wanted is not None else op.get("value", _ABSENT))
            for op in touched
        )

    def _follow(self) -> AsyncGenerator[Progress, None]:
        return follow(self._client, self.namespace, self.name, self.uid, self.generation + 1, there=self._there)

    async def _verify(self) -> Sequence[Finding]:
        return await verify(self._client, self.namespace, self.name, self._expected)


async def prepare(
    client: KubeClient, deployment: Manifest, operations: Sequence[Operation], expected: Expectations
) -> DeploymentChange:
    """A change that was rehearsed. Raises Conflict, Unreachable, TimedOut …"""
    change = DeploymentChange(client, deployment, operations, expected)
    await change.rehearse()
    return change


def _refused(error: BackendError) -> Rehearsal:
    # A webhook with side effects cannot be asked beforehand; that is no reason against the change itself.
    if "does not support dry run" in error.message:
        return Rehearsal(DryRun("not offered", error.message))
    return Rehearsal(DryRun("failed", error.message), (f"the server refuses it: {error.message}",))


def _decoded(answer: bytes) -> Manifest | None:
    try:
        return msgspec.json.decode(answer, type=Manifest)
    except msgspec.DecodeError:
        return None


def _test(path: str, value: Any) -> Operation:
    return {"op": "test", "path": path, "value": value}


def _at(manifest: Any, pointer: str) -> Any:
    """What a JSON pointer (RFC 6901) points at; `_ABSENT` when there is nothing."""
    for step in pointer.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(manifest, list) and name.isdecimal() and int(name) < len(manifest):
            manifest = manifest[int(name)]
        elif isinstance(manifest, dict) and name in manifest:
            manifest = manifest[name]
        else:
            return _ABSENT
    return manifest


def _hidden(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        label = str(value.get("name", name))
        return {key: _hidden(inner, label if key == "value" else "") for key, inner in value.items()}
    if isinstance(value, list):
        return [_hidden(inner, name) for inner in value]
    if not isinstance(value, str):
        return value
    return MASK if name and looks_secret(name, value) else scrubbed(value)
