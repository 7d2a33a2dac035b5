"""Numbered lines on a real node as a ground; the truth is the last number that each container noted on its disk."""

from __future__ import annotations

import os
import signal
from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from providers.core.errors import BackendError
from providers.kube.client import MERGE_PATCH
from providers.kube.logs import LogTarget
from providers.kube.rollouts import deployment_path
from providers.logs.line import Line
from tests.contract.kube.real import VARIABLE, RealNamespace, until

NAME = "writer"
WIDTH = 1000
LAB = Path(os.environ.get(VARIABLE, "/nowhere")).parent
"""Where the cluster keeps `run/kube-apiserver.pid`; the node is this machine."""
LOGS = Path("/var/log/pods")
SCRIPT = f"""
trap 'stop=1' TERM
n=0
while [ -z "$stop" ]; do
  i=0
  while [ $i -lt 60 ]; do n=$((n+1)); i=$((i+1)); printf '%s %0{WIDTH}d\\n' "$HOSTNAME" $n; done
  sleep 0.1
done
echo $n > /record/$HOSTNAME
"""


class RealGround:
    """Entries are the numbers of the lines; a line that is not as it was written stands for itself."""

    def __init__(self, real: RealNamespace, record: Path) -> None:
        self.target = LogTarget(real.name, selector=f"app={NAME}", tail=1)
        self.rotations: set[Path] = set()
        self._real = real
        self._record = record
        record.chmod(0o777)

    async def begin(self) -> None:
        """Deploy three of them, and return when they write."""
        spec = {"replicas": 3, "selector": {"matchLabels": {"app": NAME}}, "template": self._template(0)}
        body = msgspec.json.encode({"metadata": {"name": NAME}, "spec": spec})
        await self._real.client.send("POST", f"/apis/apps/v1/namespaces/{self._real.name}/deployments", body)
        await self._until(lambda d: d.get("status", {}).get("availableReplicas") == 3)

    def _template(self, release: int) -> dict[str, Any]:
        container = {
            "name": NAME, "image": "lab.local/busybox:1.35", "imagePullPolicy": "IfNotPresent",
            "command": ["sh", "-c", SCRIPT], "env": [{"name": "RELEASE", "value": str(release)}],
            "volumeMounts": [{"name": "record", "mountPath": "/record"}],
        }  # fmt: skip
        volume = {"name": "record", "hostPath": {"path": str(self._record), "type": "Directory"}}
        spec = {"terminationGracePeriodSeconds": 20, "containers": [container], "volumes": [volume]}
        return {"metadata": {"labels": {"app": NAME}}, "spec": spec}

    def entry(self, line: Line) -> Hashable:
        pod, _, number = line.text.partition(b" ")
        whole = pod == line.origin.name.encode() and len(number) == WIDTH and number.isdigit()
        return int(number) if whole else line.text

    def written(self) -> Mapping[str, Sequence[Hashable]]:
        return {f"{note.name}/{NAME}": range(1, int(note.read_text()) + 1) for note in self._record.iterdir()}

    def look(self) -> None:
        """Take note of the logs that were rotated away."""
        self.rotations.update(LOGS.glob(f"{self._real.name}_*/{NAME}/*.log.????????-??????"))

    async def roll(self, release: int) -> None:
        await self._merge({"spec": {"template": self._template(release)}})
        await self._until(_rolled)

    async def _merge(self, change: dict[str, Any]) -> None:
        body = msgspec.json.encode(change)
        await self._real.client.send("PATCH", deployment_path(self._real.name, NAME), body, MERGE_PATCH)

    async def _until(self, met: Any) -> None:
        async def look() -> bool:
            self.look()
            return bool(met(await self._real.client.object(deployment_path(self._real.name, NAME))))

        await until(look)

    async def stop_api(self) -> None:
        self._server = int((LAB / "run" / "kube-apiserver.pid").read_text())
        self._command = Path(f"/proc/{self._server}/cmdline").read_bytes().split(b"\0")[:-1]
        os.kill(self._server, signal.SIGKILL)

    async def start_api(self) -> None:
        log = (os.POSIX_SPAWN_OPEN, 1, str(LAB / "log" / "kube-apiserver.log"), os.O_WRONLY | os.O_APPEND, 0)
        actions = [(os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0), log, (os.POSIX_SPAWN_DUP2, 1, 2)]
        pid = os.posix_spawn(self._command[0], self._command, os.environ, file_actions=actions, setsid=True)
        (LAB / "run" / "kube-apiserver.pid").write_text(f"{pid}\n")
        await until(self._ready)

    async def _ready(self) -> bool:
        try:
            return await self._real.client.get("/readyz") == b"ok"
        except BackendError:
            return False

    async def finish(self) -> None:
        await self._merge({"spec": {"replicas": 0}})

        async def gone() -> bool:
            pods = await self._real.client.object(f"/api/v1/namespaces/{self._real.name}/pods")
            return not pods["items"]

        await until(gone)


def _rolled(deployment: dict[str, Any]) -> bool:
    status, meta = deployment.get("status", {}), deployment["metadata"]
    counts = {status.get(key) for key in ("replicas", "updatedReplicas", "availableReplicas")}
    return status.get("observedGeneration") == meta["generation"] and counts == {3}
