"""The arithmetic of a rollout, and revisions."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.cluster.nodes import revisions, rollout, templates


def _deployment(replicas: int, surge: Any, unavailable: Any) -> dict:
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": surge, "maxUnavailable": unavailable}}
    meta = {
        "name": "d",
        "namespace": "n",
        "uid": "u",
        "generation": 1,
        "annotations": {"team": "x", revisions.REVISION: "3"},
    }
    template = {"metadata": {"labels": {"app": "d"}}, "spec": {"containers": [{"name": "c", "image": "i:1"}]}}
    spec = {"replicas": replicas, "strategy": strategy, "selector": {"matchLabels": {"app": "d"}}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta, "spec": spec}


def _set(name: str, replicas: int, available: int) -> dict:
    meta = {"name": name, "creationTimestamp": f"2026-01-0{name[-1]}T00:00:00Z"}
    return {"metadata": meta, "spec": {"replicas": replicas}, "status": {"availableReplicas": available}}


@pytest.mark.parametrize(
    ("replicas", "surge", "unavailable", "expected"),
    [
        (3, 1, 0, (1, 0)),
        (10, "25%", "25%", (3, 2)),
        (3, "25%", "25%", (1, 0)),
        (1, 0, 0, (0, 1)),
        (4, "50%", 1, (2, 1)),
    ],
)
def test_bounds_round_surge_up_and_unavailable_down(replicas, surge, unavailable, expected) -> None:
    assert rollout.bounds(_deployment(replicas, surge, unavailable)) == expected


def test_recreate_may_take_everything() -> None:
    deployment = _deployment(4, 1, 0)
    deployment["spec"]["strategy"] = {"type": "Recreate"}
    assert rollout.bounds(deployment) == (0, 4) and rollout.allowed_unavailable(deployment) == 0


@given(st.integers(1, 20), st.integers(0, 5), st.integers(0, 5), st.data())
def test_rolling_never_breaks_its_promise_and_ends(
    replicas: int, surge: int, unavailable: int, data: st.DataObject
) -> None:
    deployment = _deployment(replicas, surge, unavailable)
    most, least = rollout.bounds(deployment)
    old, new = _set("r1", replicas, replicas), _set("r2", 0, 0)
    for _ in range(10 * replicas + 10):
        new["spec"]["replicas"] = rollout.newest_size(deployment, new, [old])
        assert rollout.total_wanted([old, new]) <= replicas + most
        for step in rollout.shrink_olds(deployment, new, [old]):
            old["spec"]["replicas"] = step.replicas
        for each in (old, new):
            wanted = each["spec"]["replicas"]
            ready = each["status"]["availableReplicas"]
            each["status"]["availableReplicas"] = (
                wanted if wanted < ready else ready + data.draw(st.integers(0, wanted - ready))
            )
        available = old["status"]["availableReplicas"] + new["status"]["availableReplicas"]
        assert available >= replicas - least
        if new["status"]["availableReplicas"] == replicas:
            assert old["spec"]["replicas"] == 0 or rollout.shrink_olds(deployment, new, [old])
        new["status"]["availableReplicas"] = new["spec"]["replicas"]
    assert (old["spec"]["replicas"], new["spec"]["replicas"]) == (0, replicas)


def test_unhealthy_old_pods_go_first() -> None:
    deployment = _deployment(3, 1, 1)
    olds, new = [_set("r1", 2, 2), _set("r2", 1, 0)], _set("r3", 1, 0)
    assert rollout.shrink_olds(deployment, new, olds) == [rollout.Scale("r2", 0)]


def test_proportional_scale_spends_the_whole_room() -> None:
    steps = rollout.proportional([_set("r1", 6, 6), _set("r2", 3, 3)], 5)
    assert sum(s.replicas for s in steps) == 14 and {s.name for s in steps} == {"r1", "r2"}


def test_hash_is_of_the_template_alone() -> None:
    template = _deployment(1, 1, 0)["spec"]["template"]
    labelled = {
        **template,
        "metadata": {"labels": {"app": "d", templates.HASH_LABEL: "abc"}, "creationTimestamp": None},
    }
    assert templates.template_hash(template) == templates.template_hash(labelled)
    assert templates.same(template, labelled)
    other = {**template, "spec": {"containers": [{"name": "c", "image": "i:2"}]}}
    assert templates.template_hash(other) != templates.template_hash(template)
    assert set(templates.template_hash(template)) <= set("bcdfghjklmnpqrstvwxz2456789")


def test_new_replica_set_carries_what_it_should() -> None:
    made = revisions.replica_set_of(_deployment(3, 1, 0), 4, 1)
    notes = made["metadata"]["annotations"]
    assert notes == {"team": "x", revisions.REVISION: "4", revisions.DESIRED: "3", revisions.MAXIMUM: "4"}
    digest = made["metadata"]["labels"][templates.HASH_LABEL]
    assert made["metadata"]["name"] == f"d-{digest}"
    assert made["spec"]["selector"]["matchLabels"] == {"app": "d", templates.HASH_LABEL: digest}


def test_reused_replica_set_remembers_its_numbers() -> None:
    replica_set = {"metadata": {"annotations": {revisions.REVISION: "3", revisions.HISTORY: "1"}}}
    revisions.mark(replica_set, _deployment(3, 1, 0), 5)
    assert replica_set["metadata"]["annotations"][revisions.HISTORY] == "1,3"
    revisions.mark(replica_set, _deployment(3, 1, 0), 5)
    assert replica_set["metadata"]["annotations"][revisions.HISTORY] == "1,3"
