"""What happened before: statuses and events with times gone by."""

from __future__ import annotations

from datetime import datetime, timedelta

from sandbox.cluster.nodes import deployment_status as states
from sandbox.cluster.nodes.estate import config, fixtures
from sandbox.cluster.nodes.estate.bridge import RESOLVER
from sandbox.cluster.nodes.objects import labels
from sandbox.cluster.nodes.recorder import Recorder
from sandbox.cluster.nodes.times import parse, stamp
from sandbox.cluster.seams import Manifest, Objects


def deployment_status(deployment: Manifest, replica_set: str, size: int, done: datetime) -> Manifest:
    """Rolled out and available since long ago."""
    born = parse(deployment["metadata"]["creationTimestamp"])
    available = states.wording(
        "Available", "True", "MinimumReplicasAvailable", "Deployment has minimum availability.", born
    )
    text = f'ReplicaSet "{replica_set}" has successfully progressed.'
    progressing = states.wording("Progressing", "True", "NewReplicaSetAvailable", text, done)
    conditions = [{**available, "lastTransitionTime": stamp(born)}, {**progressing, "lastTransitionTime": stamp(born)}]
    counts = dict.fromkeys(("replicas", "updatedReplicas", "readyReplicas", "availableReplicas"), size)
    return {"observedGeneration": deployment["metadata"].get("generation", 1), **counts, "conditions": conditions}


def job_status(codes: tuple[int, ...], begun: datetime) -> Manifest:
    """Complete when the last try went well, Failed otherwise."""
    end = stamp(begun + timedelta(seconds=18 * len(codes)))
    good = codes[-1] == 0
    reason, text = (
        ("CompletionsReached", "Reached expected number of succeeded pods")
        if good
        else ("BackoffLimitExceeded", "Job has reached the specified backoff limit")
    )
    kinds = ("SuccessCriteriaMet", "Complete") if good else ("FailureTarget", "Failed")
    conditions = [
        {
            "type": k,
            "status": "True",
            "reason": reason,
            "message": text,
            "lastProbeTime": end,
            "lastTransitionTime": end,
        }
        for k in kinds
    ]
    status: Manifest = {"startTime": stamp(begun), "conditions": conditions, "ready": 0, "terminating": 0}
    status["uncountedTerminatedPods"] = {}
    return {**status, "succeeded": 1, "completionTime": end} if good else {**status, "failed": len(codes)}


def tell(store: Objects, recorder: Recorder, at: datetime) -> None:
    """A few events of the last hour."""
    pods = store.list("pods", config.NAMESPACE)
    resolver = next(p for p in pods if labels(p).get("app") == RESOLVER)
    probe = f'Readiness probe failed: Get "http://{resolver["status"]["podIP"]}:3001/ready": context deadline exceeded'
    since = at - timedelta(minutes=41)
    recorder.record(
        resolver, "Warning", "Unhealthy", f"{probe} (Client.Timeout exceeded while awaiting headers)",
        component="kubelet", host=resolver["spec"]["nodeName"], field_path="spec.containers{resolver}",
        at=since + timedelta(seconds=10),
        first=since, count=2,
    )  # fmt: skip
    _jobs(store, recorder, at)


def _jobs(store: Objects, recorder: Recorder, at: datetime) -> None:
    stories = (
        (fixtures.MIGRATE, 52, "Normal", "Completed", "Job completed"),
        (fixtures.BACKFILL, 47, "Warning", "BackoffLimitExceeded", "Job has reached the specified backoff limit"),
    )
    for name, minutes, kind, reason, text in stories:
        job = store.get("jobs.batch", config.NAMESPACE, name)
        begun = at - timedelta(minutes=minutes)
        for pod in store.list("pods", config.NAMESPACE):
            if labels(pod).get("job-name") == name:
                created = f"Created pod: {pod['metadata']['name']}"
                recorder.record(job, "Normal", "SuccessfulCreate", created, component="job-controller", at=begun)
        recorder.record(job, kind, reason, text, component="job-controller", at=begun + timedelta(seconds=36))
