"""What is known of one container: its runs, why it waits, whether it is ready."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sandbox.cluster.nodes.kubelet.logring import LineClock, LogRing
from sandbox.cluster.nodes.times import parse, stamp
from sandbox.cluster.seams import Manifest


@dataclass
class Run:
    """One run: an id, a log, and how it ended."""

    id: str
    started: datetime
    log: LogRing
    finished: datetime | None = None
    exit_code: int = 0
    reason: str = ""

    def terminated(self) -> Manifest:
        """`state.terminated`."""
        return {
            "exitCode": self.exit_code, "reason": self.reason, "startedAt": stamp(self.started),
            "finishedAt": stamp(self.finished), "containerID": f"containerd://{self.id}",
        }  # fmt: skip

    def end(self, exit_code: int, reason: str, at: datetime) -> None:
        """Write down how it ended; its followers are released."""
        self.exit_code, self.reason, self.finished = exit_code, reason, at
        self.log.close()


@dataclass
class ContainerRecord:
    """`run` is the newest run, `last` the one before it. While `waiting` is set the state is waiting."""

    spec: Manifest
    run: Run | None = None
    last: Run | None = None
    waiting: tuple[str, str] | None = ("ContainerCreating", "")
    restarts: int = 0
    ready: bool = False
    started: bool = False
    image_id: str = ""
    clock: LineClock = field(default_factory=LineClock)

    @property
    def name(self) -> str:
        """The name in the pod's spec."""
        return str(self.spec["name"])

    @property
    def running(self) -> Run | None:
        """The run that is under way."""
        return self.run if self.waiting is None and self.run and self.run.finished is None else None

    @property
    def ended(self) -> Run | None:
        """The run that `state.terminated` tells of."""
        return self.run if self.waiting is None and self.run and self.run.finished is not None else None

    @property
    def before(self) -> Run | None:
        """The run that `lastState.terminated` tells of."""
        return self.run if self.waiting is not None else self.last

    def begin(self, run: Run) -> None:
        """A new run replaces the newest; the one before the last is forgotten, as the kubelet collects it."""
        self.last, self.run, self.waiting = self.run, run, None

    def state(self) -> Manifest:
        """`state`, with one member."""
        if self.waiting is not None:
            reason, message = self.waiting
            return {"waiting": {"reason": reason, **({"message": message} if message else {})}}
        if self.run is None:
            return {"waiting": {"reason": "ContainerCreating"}}
        if self.run.finished is not None:
            return {"terminated": self.run.terminated()}
        return {"running": {"startedAt": stamp(self.run.started)}}

    def status(self, *, init: bool = False) -> Manifest:
        """An entry of `containerStatuses`."""
        before = self.before
        shown = self.run
        status = {
            "name": self.name, "image": self.spec["image"], "imageID": self.image_id, "ready": self.ready,
            "restartCount": self.restarts, "started": self.started, "state": self.state(),
            "lastState": {"terminated": before.terminated()} if before else {},
        }  # fmt: skip
        if init:
            status["ready"] = bool(self.ended and self.ended.exit_code == 0)
            status["started"] = False
        if shown is not None:
            status["containerID"] = f"containerd://{shown.id}"
        return status


def recalled(spec: Manifest, status: Manifest) -> ContainerRecord:
    """The record of a container that was there before: the inverse of `status`."""
    record = ContainerRecord(spec, restarts=int(status.get("restartCount", 0)))
    record.image_id = status.get("imageID", "")
    record.last = _run_of((status.get("lastState") or {}).get("terminated"), record.clock)
    state = status.get("state") or {}
    if "running" in state:
        identity = status["containerID"].removeprefix("containerd://")
        record.run = Run(identity, parse(state["running"]["startedAt"]), LogRing(record.clock))
        record.waiting, record.ready, record.started = None, bool(status["ready"]), True
    elif "terminated" in state:
        record.run, record.waiting = _run_of(state["terminated"], record.clock), None
    return record


def _run_of(terminated: Manifest | None, clock: LineClock) -> Run | None:
    if not terminated:
        return None
    identity = terminated["containerID"].removeprefix("containerd://")
    run = Run(identity, parse(terminated["startedAt"]), LogRing(clock))
    run.end(int(terminated["exitCode"]), terminated["reason"], parse(terminated["finishedAt"]))
    return run
