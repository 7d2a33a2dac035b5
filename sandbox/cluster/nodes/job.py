"""The Job controller: runs pods to their end, and gives up after `backoffLimit` failures."""

from __future__ import annotations

import copy
import random
from collections.abc import Sequence
from contextlib import suppress
from typing import ClassVar

from sandbox.cluster.errors import NotFound
from sandbox.cluster.nodes import templates
from sandbox.cluster.nodes.controller import Controller
from sandbox.cluster.nodes.objects import condition, controller_of, is_going, is_owned_by, key_of, split
from sandbox.cluster.nodes.podfacts import is_active, is_ready, phase
from sandbox.cluster.nodes.recorder import Recorder
from sandbox.cluster.nodes.times import now, parse, stamp
from sandbox.cluster.seams import Manifest, Objects, Pace

_BACK_OFF = 10.0
_LONGEST = 360.0


class JobController(Controller):
    """Completions, parallelism and back-off; no indexed jobs, no pod failure policy."""

    watches: ClassVar[tuple[str, ...]] = ("jobs.batch", "pods")
    component: ClassVar[str] = "job-controller"

    def __init__(self, store: Objects, pace: Pace, recorder: Recorder, rng: random.Random) -> None:
        super().__init__(store, pace, recorder)
        self._rng = rng

    def observe(self, change: str, key: str, obj: Manifest) -> None:
        if key == "jobs.batch":
            self.queue.add(key_of(obj))
            return
        owner = controller_of(obj)
        if owner and owner["kind"] == "Job":
            self.queue.add(f"{obj['metadata']['namespace']}/{owner['name']}")

    def reconcile(self, key: str) -> None:
        namespace, name = split(key)
        job = self.store.get("jobs.batch", namespace, name)
        if is_going(job) or is_finished(job):
            return
        pods = [p for p in self.store.list("pods", namespace) if is_owned_by(p, job)]
        failed = [p for p in pods if phase(p) == "Failed"]
        active = [p for p in pods if is_active(p)]
        done = sum(phase(p) == "Succeeded" for p in pods)
        conditions = self._verdict(job, active, len(failed), done)
        if not conditions and not job["spec"].get("suspend"):
            active = self._start(job, active, failed, done)
        self._tell(job, active, failed, done, conditions)

    def _verdict(self, job: Manifest, active: Sequence[Manifest], failed: int, done: int) -> list[Manifest]:
        if failed > int(job["spec"].get("backoffLimit", 6)):
            self._stop(active)
            text = "Job has reached the specified backoff limit"
            self.event(job, "Warning", "BackoffLimitExceeded", text)
            return _ended("Failed", "BackoffLimitExceeded", text)
        if done >= int(job["spec"].get("completions") or 1):
            self.event(job, "Normal", "Completed", "Job completed")
            return _ended("Complete", "CompletionsReached", "Reached expected number of succeeded pods")
        return []

    def _stop(self, active: Sequence[Manifest]) -> None:
        for pod in active:
            with suppress(NotFound):
                self.store.delete("pods", pod["metadata"]["namespace"], pod["metadata"]["name"])

    def _start(
        self, job: Manifest, active: list[Manifest], failed: Sequence[Manifest], done: int
    ) -> list[Manifest]:  # fmt: skip
        spec = job["spec"]
        wanted = min(int(spec.get("parallelism", 1)), int(spec.get("completions") or 1) - done) - len(active)
        wait = self._back_off(failed)
        if wanted > 0 and wait > 0:
            self.queue.add_after(key_of(job), wait)
            return active
        for _ in range(wanted):
            pod = self.store.create("pods", templates.pod_of(job, _labelled(job), self._rng))
            self.event(job, "Normal", "SuccessfulCreate", f"Created pod: {pod['metadata']['name']}")
            active.append(pod)
        return active

    def _back_off(self, failed: Sequence[Manifest]) -> float:
        if not failed:
            return 0.0
        ends = [_finished_at(pod) for pod in failed]
        pause = self.pace.seconds(min(_BACK_OFF * 2 ** (len(failed) - 1), _LONGEST))
        return pause - (now() - parse(max(ends))).total_seconds()

    def _tell(
        self, job: Manifest, active: Sequence[Manifest], failed: Sequence[Manifest], done: int, ended: list[Manifest]
    ) -> None:  # fmt: skip
        counts = {
            "active": 0 if ended else len(active), "failed": len(failed), "succeeded": done,
            "ready": sum(is_ready(p) for p in active) if not ended else 0,
        }  # fmt: skip

        def change(obj: Manifest) -> None:
            held = obj.get("status") or {}
            status = {"startTime": held.get("startTime") or stamp(), **{k: v for k, v in counts.items() if v}}
            status.update({"ready": counts["ready"], "terminating": 0, "uncountedTerminatedPods": {}})
            if ended:
                status["conditions"] = ended
                if condition(ended, "Complete"):
                    status["completionTime"] = stamp()
            obj["status"] = status

        self.modify("jobs.batch", job, change, subresource="status")


def is_finished(job: Manifest) -> bool:
    """Whether it is Complete or Failed."""
    held = (job.get("status") or {}).get("conditions") or ()
    return any(c["type"] in ("Complete", "Failed") and c["status"] == "True" for c in held)


def _labelled(job: Manifest) -> Manifest:
    """The pod template with the labels by which the pods of a Job are found."""
    template: Manifest = copy.deepcopy(job["spec"]["template"])
    own = {"job-name": job["metadata"]["name"], "controller-uid": job["metadata"]["uid"]}
    held = template.setdefault("metadata", {}).setdefault("labels", {})
    held.update({**own, **{f"batch.kubernetes.io/{key}": value for key, value in own.items()}})
    return template


def _ended(kind: str, reason: str, text: str) -> list[Manifest]:
    at = stamp()
    early = {"Failed": "FailureTarget", "Complete": "SuccessCriteriaMet"}[kind]
    return [
        {"type": t, "status": "True", "reason": reason, "message": text, "lastProbeTime": at, "lastTransitionTime": at}
        for t in (early, kind)
    ]


def _finished_at(pod: Manifest) -> str:
    statuses = (pod.get("status") or {}).get("containerStatuses") or ()
    ends = [((s.get("state") or {}).get("terminated") or {}).get("finishedAt") for s in statuses]
    return max((e for e in ends if e), default=str(pod["metadata"]["creationTimestamp"]))
