"""How far a rollout is and what holds it back, from three pictures."""

from __future__ import annotations

from typing import Any

from providers.core.action import Stage
from providers.kube.rolling import rolling
from providers.kube.values import Container, Deployment, Pod, ReplicaSet, Rollout

LABELS = {"app": "relayer"}
HASH = "pod-template-hash"


def _deployment(**changes: Any) -> Deployment:
    known: dict[str, Any] = {
        "name": "relayer", "uid": "d1", "desired": 3, "ready": 3, "updated": 1, "available": 3, "total": 4,
        "revision": 4, "generation": 7, "observed_generation": 7, "paused": False, "strategy": "RollingUpdate",
        "images": ("relayer:2",), "selector": LABELS, "rollout": Rollout("progressing", "1 of 3 updated"),
    }  # fmt: skip
    return Deployment(**(known | changes))


def _set(name: str, revision: int) -> ReplicaSet:
    return ReplicaSet(
        name=name, uid=name, owner="d1", revision=revision, desired=1, ready=0, images=(), labels=LABELS | {HASH: name}
    )


def _pod(name: str, hash_: str, *, healthy: bool = True, reason: str = "") -> Pod:
    waiting = Container(name="relayer", image="relayer:2", state="waiting", reason=reason, message="no such image")
    return Pod(
        name=name, uid=name, labels=LABELS | {HASH: hash_}, status=reason or "Running", ready="1/1", healthy=healthy,
        containers=() if healthy else (waiting,),
    )  # fmt: skip


def test_the_new_revision_s_ill_pods_hold_it_back() -> None:
    pods = [_pod("a", "old"), _pod("b", "old", healthy=False, reason="CrashLoopBackOff"),
            _pod("c", "new", healthy=False, reason="ImagePullBackOff")]  # fmt: skip
    seen = rolling("d1", [_deployment()], [_set("old", 3), _set("new", 4)], pods)
    assert (seen.new, seen.old) == (1, 2)
    assert [(h.pod, h.why) for h in seen.held] == [("c", "relayer ImagePullBackOff: no such image")]
    assert (seen.progress.stage, seen.progress.fraction) == (Stage.RUNNING, 1 / 3)


def test_a_finished_one_is_full_and_nothing_holds_it_back() -> None:
    whole = _deployment(updated=3, rollout=Rollout("complete", ""))
    seen = rolling("d1", [whole], [_set("new", 4)], [_pod("a", "new")])
    assert (seen.progress.stage, seen.progress.fraction, seen.held) == (Stage.DONE, 1.0, ())


def test_a_deployment_made_anew_is_not_the_one_that_was_looked_at() -> None:
    seen = rolling("d1", [_deployment(uid="d2")], [], [])
    assert (seen.deployment, seen.progress.stage) == (None, Stage.FAILED)
