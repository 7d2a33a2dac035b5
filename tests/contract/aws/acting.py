"""Running plans through a gate of the test's own."""

from __future__ import annotations

from pathlib import Path

from providers.core.action import Outcome, Plan
from providers.core.aftermath import Readback
from providers.core.audit import Audit
from providers.core.backoff import Backoff
from providers.core.config import GateSettings
from providers.core.gate import Confirmation, Gate
from providers.core.operator import Operator


async def run(directory: Path, plan: Plan) -> Outcome:
    """Confirm a plan as it asks for, and run it."""
    audit = Audit(directory / "state" / "audit")
    quick = Readback(tries=2, backoff=Backoff(0.01, 0.01, 0.0))
    gate = Gate(
        "test", False, audit, Operator.current({}), GateSettings(), state_dir=directory / "state", readback=quick
    )
    gate.arm("test")
    outcome = await gate.run(plan, Confirmation(plan.target.name, "test"), lambda _: None)
    gate.disarm("test over")
    return outcome


def recorded_kinds(directory: Path) -> list[str]:
    """The kinds of the audit's lines."""
    return [entry.kind for entry in Audit(directory / "state" / "audit").tail(20)]
