"""A plan run through a real gate with a real trail, as the console runs it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from providers.core.action import Outcome, Plan, Progress
from providers.core.audit import Audit
from providers.core.config import GateSettings
from providers.core.gate import Confirmation, Gate
from providers.core.operator import Operator


async def run(plan: Plan, directory: Path, report: Callable[[Progress], None] = lambda _: None) -> Outcome:
    """Confirmed with the target's own name; the trail lies under `directory`/state."""
    state = directory / "state"
    gate = Gate("test", False, Audit(state / "audit"), Operator.current({}), GateSettings(), state_dir=state)
    gate.arm("test")
    try:
        return await gate.run(plan, Confirmation(plan.target.name, "test"), report)
    finally:
        gate.disarm("test over")
