"""The way of one change through the dialogs: menu, options, plan, confirmation, outcome."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from providers.core.action import Action, Outcome, Plan, Progress, Target
from providers.core.errors import Invalid, UsageError
from providers.core.gate import Confirmation
from tui.confirm import Confirm
from tui.menu import ActionMenu, Choice
from tui.options import OptionsForm, wants_words
from tui.outcome import OutcomeScreen

if TYPE_CHECKING:
    from tui.app import FusionApp


class ChangeFlow:
    """`target` is what was selected when it began, `given` the options that the selection itself holds."""

    def __init__(self, app: FusionApp, target: Target, given: Mapping[str, str]) -> None:
        self._app = app
        self._target = target
        self._given = given

    def start(self) -> None:
        """Offer what can be done."""
        self._app.push_screen(ActionMenu(self._app.site, self._target), self._chosen)

    def _chosen(self, choice: Choice | None) -> None:
        if choice is None:
            return
        if choice.ask or wants_words(choice.action, self._given):
            self._ask(choice.action, {**choice.action.known(self._target), **self._given})
        else:
            self._plan(choice.action, self._given)

    def _ask(self, action: Action, values: Mapping[str, str], problem: str = "") -> None:
        known = action.known(self._target)

        def answered(typed: Mapping[str, str] | None) -> None:
            if typed is not None:
                self._plan(
                    action, told(action, typed, known) | {k: v for k, v in self._given.items() if k not in typed}
                )

        self._app.push_screen(OptionsForm(action, self._target, values, problem), answered)

    def _plan(self, action: Action, options: Mapping[str, str]) -> None:
        def failed(error: BaseException) -> None:
            if isinstance(error, UsageError | Invalid) and action.options:
                problem = f"{error.message}{' — ' + error.fix if error.fix else ''}"
                self._ask(action, {**action.known(self._target), **options}, problem)
            else:
                self._app.complain(error, action.title)

        self._app.say(f"planning: {action.title} …")
        self._app.submit(action.plan(self._target, options), self._confirm, failed=failed)

    def _confirm(self, plan: Plan) -> None:
        def answered(confirmation: Confirmation | None) -> None:
            if confirmation is None:
                self._app.say("Nothing was changed.")
            else:
                self._run(plan, confirmation)

        # A toast would lie over the buttons.
        self._app.clear_notifications()
        self._app.push_screen(Confirm(plan, self._app.site), answered)

    def _run(self, plan: Plan, confirmation: Confirmation) -> None:
        app, shown = self._app, OutcomeScreen(plan)
        app.push_screen(shown)

        def report(progress: Progress) -> None:
            app.hand_over(lambda: shown.report(progress))

        def ended(outcome: Outcome) -> None:
            shown.end(outcome)
            if shown not in app.screen_stack:
                app.say(f"{plan.title}: {outcome.verdict} — {outcome.message}")

        app.submit(app.site.run(plan, confirmation, report), ended, plan.title)


def told(action: Action, typed: Mapping[str, str], known: Mapping[str, str]) -> dict[str, str]:
    """What the operator has really said: a field left as it stood is no wish, and may be old by now."""
    required = {option.name for option in action.options if option.required}
    return {name: text for name, text in typed.items() if text and (name in required or text != known.get(name))}
