"""A namespace of one's own on a real cluster, removed at the end."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec

from providers.core.config import Kubernetes
from providers.core.errors import Conflict, NotFound
from providers.kube.client import MERGE_PATCH, KubeClient
from providers.kube.rollouts import deployment_path

VARIABLE = "FUSION_REAL_KUBECONFIG"
"""An admin's kubeconfig; those of the users oncall and viewer (bearer tokens) lie beside it."""
NAME = "shop"
IMAGE = "lab.local/fusion-bitcoin/frontend:1.2.0"
PATIENCE = 90.0


class RealNamespace:
    """Deployments of small pods, as an admin makes and changes them."""

    def __init__(self, client: KubeClient, name: str) -> None:
        self.client = client
        self.name = name

    @staticmethod
    def kubeconfig(user: str) -> Path:
        return Path(os.environ[VARIABLE]).with_name(f"{user}.kubeconfig")

    async def deploy(self, *, replicas: int = 1, **template: Any) -> None:
        """Make the deployment `shop` and wait until its first revision is available."""
        spec = {"replicas": replicas, "progressDeadlineSeconds": 8, "selector": {"matchLabels": {"app": NAME}}}
        body = {"metadata": {"name": NAME}, "spec": spec | {"template": _template(template)}}
        await self._post(f"/apis/apps/v1/namespaces/{self.name}/deployments", body)
        await self.until(lambda d: d.get("status", {}).get("availableReplicas") == replicas)

    async def merge(self, change: dict[str, Any]) -> None:
        body = msgspec.json.encode(change)
        await self.client.send("PATCH", deployment_path(self.name, NAME), body, MERGE_PATCH)

    async def release(self, **container: Any) -> None:
        """Roll a new template out and wait until it has a replica set of its own."""
        before = (await self.read())["metadata"]["annotations"]["deployment.kubernetes.io/revision"]
        await self.merge({"spec": {"template": _template(container)}})
        await self.until(lambda d: d["metadata"]["annotations"]["deployment.kubernetes.io/revision"] != before)

    async def read(self) -> dict[str, Any]:
        return await self.client.object(deployment_path(self.name, NAME))

    async def until(self, met: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Wait until the deployment is as `met` wants it."""

        async def look() -> dict[str, Any] | None:
            found = await self.read()
            return found if met(found) else None

        return await until(look)

    async def admit(self, user: str, role: str) -> None:
        """Bind a user to a cluster role here."""
        body = {
            "metadata": {"name": f"{user}-{role}"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}],
        }
        await self._post(f"/apis/rbac.authorization.k8s.io/v1/namespaces/{self.name}/rolebindings", body)

    async def post(self, resource: str, body: dict[str, Any]) -> None:
        """Create an object of the core group here."""
        await self._post(f"/api/v1/namespaces/{self.name}/{resource}", body)

    async def _post(self, path: str, body: dict[str, Any]) -> None:
        await self.client.send("POST", path, msgspec.json.encode(body))


async def until(look: Callable[[], Awaitable[Any]]) -> Any:
    """What `look` gives as soon as it gives anything. Each look is a request: that is pause enough."""
    async with asyncio.timeout(PATIENCE):
        while True:
            if found := await look():
                return found


@asynccontextmanager
async def real_namespace() -> AsyncGenerator[RealNamespace, None]:
    """Made, given, and taken away again whatever happens in between."""
    client = KubeClient("kube real", Kubernetes(kubeconfig=os.environ[VARIABLE]))
    name = f"fc-verbs-{secrets.token_hex(4)}"
    body = msgspec.json.encode({"metadata": {"name": name}})
    await client.send("POST", "/api/v1/namespaces", body)
    try:
        await until(lambda: _account(client, name))
        yield RealNamespace(client, name)
    finally:
        await client.send("DELETE", f"/api/v1/namespaces/{name}")
        await client.aclose()


async def _account(client: KubeClient, namespace: str) -> bool:
    # Pods are refused until the namespace has its default service account.
    try:
        await client.object(f"/api/v1/namespaces/{namespace}/serviceaccounts/default")
    except (NotFound, Conflict):
        return False
    return True


def _template(container: dict[str, Any]) -> dict[str, Any]:
    first = {"name": NAME, "image": IMAGE, "imagePullPolicy": "IfNotPresent"} | container
    return {
        "metadata": {"labels": {"app": NAME}},
        "spec": {"terminationGracePeriodSeconds": 0, "containers": [first]},
    }
