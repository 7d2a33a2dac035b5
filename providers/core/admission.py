"""May this plan run now: is anything in its way, was it run before, is there budget left."""

from __future__ import annotations

from typing import Final

from providers.core.action import Plan
from providers.core.budget import Budget
from providers.core.errors import Refused

_MOST_SPENT: Final = 256


class Admission:
    """A plan is one reading of its target and runs once; made anew it is another plan, to be confirmed anew."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._spent: dict[int, Plan] = {}

    def admit(self, plan: Plan) -> None:
        """Count the plan as run. Raises Refused."""
        if plan.blockers:
            raise Refused("; ".join(plan.blockers))
        if id(plan.steps) in self._spent:
            raise Refused("this plan was run already", fix="make it anew, to see what the target is now")
        if why := self._budget.take():
            raise Refused(why)
        self._spent[id(plan.steps)] = plan  # held, so that its id stays its own
        if len(self._spent) > _MOST_SPENT:
            del self._spent[next(iter(self._spent))]

    def take_back(self, plan: Plan) -> None:
        """Nothing was sent: it may be tried again."""
        if self._spent.pop(id(plan.steps), None) is not None:
            self._budget.give_back()
