"""What is confirmed can be proved to be what ran."""

from __future__ import annotations

import msgspec
import pytest

from providers.core.action import Call, Change, DryRun, Permission, Precondition, Risk, Target
from tests.unit.core.build import Script, plan_of


def test_risk_moves_up_one_and_stops_at_the_top() -> None:
    assert [risk.raised() for risk in Risk] == [Risk.HIGH, Risk.DESTRUCTIVE, Risk.DESTRUCTIVE]


def test_the_same_plan_has_the_same_digest_whatever_its_steps() -> None:
    assert plan_of(Script()).digest == plan_of(Script()).digest
    assert len(plan_of(Script()).digest) == 64


@pytest.mark.parametrize(
    "change",
    [
        {"action": "restart"},
        {"title": "x"},
        {"rows": ("K01",)},
        {"source": "kube production"},
        {"target": Target("deployment", "relayer", "fusion-bitcoin", "uid-2")},
        {"risk": Risk.LOW},
        {"calls": (Call("kube", "PATCH", "/x", "{}"),)},
        {"diff": (Change("image", None, "relayer:1.2.9"),)},
        {"interrupts": ()},
        {"preconditions": (Precondition("resourceVersion", "78"),)},
        {"permissions": ()},
        {"dry_run": DryRun("failed", "no")},
        {"inverse": ""},
        {"equivalent": "kubectl"},
        {"blockers": ("no",)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_every_part_that_is_shown_is_in_the_digest(change: dict[str, object]) -> None:
    plan = plan_of(Script())
    assert msgspec.structs.replace(plan, **change).digest != plan.digest


def test_every_field_but_the_steps_was_tried() -> None:
    changed = next(mark for mark in test_every_part_that_is_shown_is_in_the_digest.pytestmark)
    tried = {next(iter(change)) for change in changed.args[1]}
    assert tried == set(plan_of(Script()).__struct_fields__) - {"steps"}


def test_a_name_that_utf8_cannot_hold_has_a_digest() -> None:
    assert plan_of(Script(), name="\ud800").digest != plan_of(Script(), name="\ud801").digest


def test_labels() -> None:
    assert Target("pod", "relayer-7f").label == "pod/relayer-7f"
    assert str(Permission("patch", "deployments.apps", "fusion-bitcoin")) == "patch deployments.apps in fusion-bitcoin"
    assert str(Permission("get", "nodes")) == "get nodes"
