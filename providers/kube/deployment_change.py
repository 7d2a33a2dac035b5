"""One JSON patch to one deployment, as every action on deployments makes it: pinned, dry-run, sent once, followed."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from typing import Any

import msgspec

from providers.core.action import Call, DryRun, Permission, Precondition, Progress, Steps
from providers.core.check import Finding
from providers.core.config import Service
from providers.core.errors import BackendError, Conflict, Invalid
from providers.core.secret import redact
from providers.core.text import clean
from providers.kube.client import JSON_PATCH, KubeClient
from providers.kube.follow import follow
from providers.kube.health import verify
from providers.kube.masking import looks_secret
from providers.kube.rollouts import deployment_path
from providers.kube.templates import same

Operation = dict[str, Any]
LONGEST_SHOWN = 600


class DeploymentChange:
    """`operations` change the spec; tests on uid and generation go before them in the same request.

    Generation moves with the spec only: a rollout's status churn does not spoil the plan, anybody's edit does, and the
    server itself refuses then.
    """

    def __init__(
        self,
        client: KubeClient,
        deployment: dict[str, Any],
        operations: Sequence[Operation],
        services: Sequence[Service],
    ) -> None:
        metadata = deployment["metadata"]
        self._client = client
        self._services = services
        self.namespace: str = metadata["namespace"]
        self.name: str = metadata["name"]
        self.uid: str = metadata["uid"]
        self.generation: int = metadata["generation"]
        self._wanted = _applied(deployment["spec"]["template"], operations)
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

    async def dry_run(self) -> DryRun:
        """What the server says to the same request without effect."""
        try:
            await self._client.send("PATCH", self._path, self._body, JSON_PATCH, params={"dryRun": "All"})
        except BackendError as error:
            return DryRun("failed", error.message)
        return DryRun("passed", "the server accepts the change")

    def steps(self) -> Steps:
        return Steps(self._permit, self._apply, self._settled, self._follow, self._verify)

    async def _permit(self) -> str:
        return "" if await self._client.allowed(self.permission) else str(self.permission)

    async def _apply(self) -> str:
        try:
            await self._client.send("PATCH", self._path, self._body, JSON_PATCH)
        except Invalid as error:
            if not _test_failed(error.message):
                raise
            raise Conflict(
                f"{self.name} is not what it was when the plan was made: nothing was changed",
                source=self._client.source,
                fix="look again and plan anew",
            ) from None
        return "the server accepted the change"

    async def _settled(self) -> bool | None:
        """Whether the wanted template is there; None when somebody may have changed it in between."""
        now = await self._client.object(self._path)
        if now["metadata"]["uid"] != self.uid:
            return None
        if now["metadata"]["generation"] == self.generation:
            return False
        return True if same(now["spec"]["template"], self._wanted) else None

    def _follow(self) -> AsyncGenerator[Progress, None]:
        return follow(self._client, self.namespace, self.name, self.uid, self.generation + 1)

    async def _verify(self) -> Sequence[Finding]:
        return await verify(self._client, self.namespace, self.name, self._services)


def _test(path: str, value: Any) -> Operation:
    return {"op": "test", "path": path, "value": value}


def _test_failed(message: str) -> bool:
    return "test" in message.lower() or "the server rejected our request due to an error" in message.lower()


def _applied(template: dict[str, Any], operations: Sequence[Operation]) -> dict[str, Any]:
    """The template after the operations that replace it as a whole; others leave what is compared to the caller."""
    return next((op["value"] for op in operations if op["path"] == "/spec/template"), template)


def _hidden(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        label = str(value.get("name", name))
        return {key: _hidden(inner, label if key == "value" else key) for key, inner in value.items()}
    if isinstance(value, list):
        return [_hidden(inner, name) for inner in value]
    return "•••" if isinstance(value, str) and looks_secret(name, value) else value
