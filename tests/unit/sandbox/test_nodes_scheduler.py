"""Where pods may go, and the words for where they may not."""

from __future__ import annotations

import pytest

from sandbox.cluster.nodes import podfacts, quantities
from sandbox.cluster.nodes.objects import selects
from sandbox.cluster.nodes.scheduler import Room, explanation, refusals


def _node(cpu: str = "4", memory: str = "8Gi", pods: str = "10", **spec) -> dict:
    meta = {"name": "n", "labels": {"disk": "ssd"}}
    return {"metadata": meta, "spec": spec, "status": {"allocatable": {"cpu": cpu, "memory": memory, "pods": pods}}}


def _pod(cpu: str = "100m", memory: str = "64Mi", **spec) -> dict:
    container = {"name": "c", "resources": {"requests": {"cpu": cpu, "memory": memory}}}
    return {"metadata": {"name": "p"}, "spec": {"containers": [container], **spec}}


TAINT = {"key": "dedicated", "value": "gpu", "effect": "NoSchedule"}


@pytest.mark.parametrize(
    ("pod", "node", "expected"),
    [
        (_pod(), _node(), []),
        (_pod("5"), _node(), ["Insufficient cpu"]),
        (_pod("5", "9Gi"), _node(), ["Insufficient cpu", "Insufficient memory"]),
        (_pod(), _node(pods="0"), ["Too many pods"]),
        (_pod(), _node(unschedulable=True), ["node(s) were unschedulable"]),
        (_pod(), _node(taints=[TAINT]), ["node(s) had untolerated taint {dedicated: gpu}"]),
        (_pod(tolerations=[{"key": "dedicated", "operator": "Exists"}]), _node(taints=[TAINT]), []),
        (_pod(tolerations=[{"key": "dedicated", "value": "gpu"}]), _node(taints=[TAINT]), []),
        (_pod(), _node(taints=[{**TAINT, "effect": "PreferNoSchedule"}]), []),
        (_pod(nodeSelector={"disk": "hdd"}), _node(), ["node(s) didn't match Pod's node affinity/selector"]),
    ],
)
def test_refusals(pod: dict, node: dict, expected: list[str]) -> None:
    assert refusals(pod, Room(node, [])) == expected


def test_pods_that_are_there_count() -> None:
    assert refusals(_pod("2"), Room(_node(), [_pod("3")])) == ["Insufficient cpu"]


def test_explanation_counts_nodes_by_reason() -> None:
    text = explanation([["Insufficient cpu", "Insufficient memory"], ["node(s) were unschedulable"]])
    assert text == (
        "0/2 nodes are available: 1 Insufficient cpu, 1 Insufficient memory, 1 node(s) were unschedulable. preemption: "
        "0/2 nodes are available: 1 No preemption victims found for incoming pod, "
        "1 Preemption is not helpful for scheduling."
    )


def test_quantities() -> None:
    assert [quantities.millicores(q) for q in ("250m", "1", "0.5", 2, "3000000n")] == [250, 1000, 500, 2000, 3]
    assert [quantities.size(q) for q in ("1Ki", "1.5Gi", "2M", 7)] == [1024, 3 * 2**29, 2_000_000, 7]


def test_requests_take_the_larger_init_container() -> None:
    pod = _pod("100m", "64Mi", initContainers=[{"resources": {"requests": {"cpu": "1", "memory": "1Mi"}}}])
    assert podfacts.requests(pod) == (1000, 64 * 2**20)


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        ({}, "BestEffort"),
        ({"requests": {"cpu": "1"}}, "Burstable"),
        ({"limits": {"cpu": "1", "memory": "1Gi"}}, "Guaranteed"),
        ({"requests": {"cpu": "1", "memory": "1Mi"}, "limits": {"cpu": "1", "memory": "1Gi"}}, "Burstable"),
    ],
)
def test_quality_of_service(resources: dict, expected: str) -> None:
    assert podfacts.quality({"spec": {"containers": [{"resources": resources}]}}) == expected


def test_selectors() -> None:
    have = {"app": "a", "tier": "web"}
    assert selects({"matchLabels": {"app": "a"}}, have) and not selects({"matchLabels": {"app": "b"}}, have)
    assert selects({}, have) and not selects(None, have)
    for operator, values, expected in (
        ("In", ["web"], True),
        ("NotIn", ["web"], False),
        ("Exists", [], True),
        ("DoesNotExist", [], False),
    ):
        assert (
            selects({"matchExpressions": [{"key": "tier", "operator": operator, "values": values}]}, have) is expected
        )
