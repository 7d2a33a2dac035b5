"""A running estate for the workload tests, and waiting for what it should come to."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from typing import Any

from sandbox.cluster.nodes import WORKLOAD_FAULTS, Nodes
from sandbox.cluster.seams import LogLine, LogQuery, Manifest, Pace
from sandbox.cluster.store import Store

NS = "fusion-bitcoin"
RELAYER, RESOLVER, FRONTEND = (f"fusion-bitcoin-{name}" for name in ("relayer", "resolver", "frontend"))
FAULTS = {fault.name: fault for fault in WORKLOAD_FAULTS}


class Estate:
    """Nodes over a bare store."""

    def __init__(self, nodes: Nodes, store: Store) -> None:
        self.nodes = nodes
        self.store = store

    async def until(self, met: Callable[[], Any], what: str, seconds: float = 15.0) -> None:
        """Wait until `met()`; looked at after every change of the store."""
        keys = ("pods", "deployments.apps", "replicasets.apps", "events", "endpoints", "poddisruptionbudgets.policy")
        try:
            async with asyncio.timeout(seconds), aclosing(self.store.subscribe(*keys, "jobs.batch")) as changes:
                if met():
                    return
                async for _ in changes:
                    if met():
                        return
        except TimeoutError:
            raise AssertionError(f"not within {seconds} s: {what}\n{self.picture()}") from None

    def picture(self) -> str:
        """What the pods and Deployments are at."""
        pods = [(p["metadata"]["name"], p["status"].get("phase"), states(p)) for p in self.pods()]
        return "\n".join(
            map(str, [*pods, *((d["metadata"]["name"], d.get("status")) for d in self.list("deployments.apps"))])
        )

    def list(self, key: str) -> list[Manifest]:
        return self.store.list(key, NS)

    def get(self, key: str, name: str) -> Manifest:
        return self.store.get(key, NS, name)

    def deployment(self, name: str) -> Manifest:
        return self.get("deployments.apps", name)

    def change(self, key: str, name: str, change: Callable[[Manifest], Any]) -> Manifest:
        def apply(obj: Manifest) -> None:
            change(obj)

        return self.store.modify(key, NS, name, apply)

    def set_image(self, name: str, version: str) -> None:
        def change(obj: Manifest) -> None:
            container = obj["spec"]["template"]["spec"]["containers"][0]
            container["image"] = container["image"].rpartition(":")[0] + ":" + version
            obj["spec"]["template"]["metadata"]["labels"]["version"] = version

        self.change("deployments.apps", name, change)

    def undo(self, name: str, revision: int) -> None:
        """As `kubectl rollout undo --to-revision`: the template of that revision, without its hash."""
        template = copy.deepcopy(self.replica_set(name, revision)["spec"]["template"])
        template["metadata"]["labels"].pop("pod-template-hash", None)

        def change(obj: Manifest) -> None:
            obj["spec"]["template"] = template

        self.change("deployments.apps", name, change)

    def replica_sets(self, name: str) -> dict[int, Manifest]:
        """Revision to ReplicaSet."""
        owned = [r for r in self.list("replicasets.apps") if r["metadata"]["ownerReferences"][0]["name"] == name]
        return {int(r["metadata"]["annotations"]["deployment.kubernetes.io/revision"]): r for r in owned}

    def replica_set(self, name: str, revision: int) -> Manifest:
        return self.replica_sets(name)[revision]

    def pods(self, app: str | None = None) -> list[Manifest]:
        found = self.list("pods")
        return [p for p in found if app is None or p["metadata"].get("labels", {}).get("app") == app]

    def settled(self, name: str) -> bool:
        """The rollout is complete and nothing is left over."""
        obj = self.deployment(name)
        status, wanted = obj["status"], obj["spec"]["replicas"]
        figures = {status.get(f, 0) for f in ("replicas", "updatedReplicas", "availableReplicas")}
        seen = status["observedGeneration"] == obj["metadata"]["generation"]
        return seen and figures == {wanted} and len(self.pods(name)) == wanted

    def condition(self, name: str, kind: str) -> Manifest:
        return next(c for c in self.deployment(name)["status"]["conditions"] if c["type"] == kind)

    def events(self, about: str = "", reason: str = "") -> list[Manifest]:
        found = self.list("events")
        return [e for e in found if about in e["involvedObject"]["name"] and reason in ("", e["reason"])]

    def addresses(self, service: str, kind: str = "addresses") -> list[str]:
        subsets = self.get("endpoints", service).get("subsets") or []
        return [a["ip"] for s in subsets for a in s.get(kind, [])]

    async def log(self, pod: str, container: str, **options: Any) -> list[LogLine]:
        return [line async for line in self.nodes.logs(NS, pod, LogQuery(container, **options))]

    async def lines(self, pod: str, container: str, count: int) -> list[LogLine]:
        """The next `count` lines it writes."""
        query = LogQuery(container, follow=True, tail=0)
        async with asyncio.timeout(15), aclosing(self.nodes.logs(NS, pod, query)) as lines:
            return [await anext(lines) for _ in range(count)]

    async def run(self, pod: str, container: str, *argv: str, stdin: bytes = b"") -> tuple[int | None, str, str]:
        """(exit code, stdout, stderr) of a command."""
        process = await self.nodes.exec(NS, pod, container, list(argv), tty=False)
        if stdin:
            await process.feed(stdin)
        await process.feed(b"")
        streams = {"stdout": b"", "stderr": b""}
        async with asyncio.timeout(20):
            async for name, chunk in process.output():
                streams[name] += chunk
        return process.exit_code, streams["stdout"].decode(), streams["stderr"].decode()


def states(pod: Manifest) -> list[tuple[str, str | None]]:
    """(state, reason) of each container."""
    statuses = pod["status"].get("containerStatuses", [])
    return [(kind, body.get("reason")) for s in statuses for kind, body in s["state"].items()]


def waits(pod: Manifest, reason: str) -> bool:
    """Whether a container of the pod waits for that reason."""
    return ("waiting", reason) in states(pod)


def is_ready(pod: Manifest) -> bool:
    return any(c["type"] == "Ready" and c["status"] == "True" for c in pod["status"].get("conditions", []))


@asynccontextmanager
async def running(pace: float = 40.0, seed: int = 7) -> AsyncIterator[Estate]:
    """An estate that is stopped at the end, leaving no task behind."""
    store = Store()
    nodes = Nodes(store, Pace(pace), seed)
    before = asyncio.all_tasks()
    await nodes.start()
    try:
        yield Estate(nodes, store)
    finally:
        await nodes.stop()
        left = asyncio.all_tasks() - before - {asyncio.current_task()}
        assert not left, left
