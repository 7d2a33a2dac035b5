"""The `:` line: its commands in one table, from which hint, completion, suggestions and the palette are made."""

from __future__ import annotations

import difflib
from collections.abc import Awaitable, Callable, Sequence
from inspect import isawaitable
from typing import TYPE_CHECKING, Final, NamedTuple

from textual.suggester import Suggester

from providers.core.errors import FusionError

if TYPE_CHECKING:
    from tui.app import FusionApp


class Command(NamedTuple):
    """`argument` is how it is called in the hint ("" takes none); `choices` what it can be."""

    name: str
    argument: str
    help: str
    run: Callable[[FusionApp, str], Awaitable[None] | None]
    choices: Callable[[FusionApp], Sequence[str]] = lambda _: ()


async def _environment(app: FusionApp, name: str) -> None:
    known = app.site.config.environments
    if name not in known:
        app.say(f"there is no environment {name or '(none given)'}; there are: {', '.join(known)}", "error")
        return
    try:
        await app.switch_site(name)
    except FusionError as error:
        app.say(error.message, "error")


def _theme(app: FusionApp, name: str) -> None:
    if name in app.available_themes:
        app.theme = name
    else:
        app.say(f"there is no theme {name or '(none given)'}; there are: {', '.join(_themes(app))}", "error")


def _themes(app: FusionApp) -> Sequence[str]:
    return sorted(app.available_themes)


COMMANDS: Final[tuple[Command, ...]] = (
    Command("arm", "[WHY]", "allow changes in this environment for a while", lambda app, why: app.arm(why)),
    Command("disarm", "", "read-only again", lambda app, _: app.disarm("disarmed by :disarm")),
    Command("env", "NAME", "leave this environment and open another", _environment,
            lambda app: list(app.site.config.environments)),
    Command("theme", "NAME", "other colours", _theme, _themes),
    Command("services", "", "the Services screen", lambda app, _: app.action_mode("services")),
    Command("help", "", "the keys of where one is", lambda app, _: app.action_help()),
    Command("refresh", "", "ask every system again now", lambda app, _: app.action_refresh_feeds()),
    Command("quit", "", "one level back, and at the top leave", lambda app, _: app.action_leave()),
)  # fmt: skip
_SHORT: Final = {"q": "quit"}
HINT: Final = " · ".join(f"{c.name} {c.argument}".strip() for c in COMMANDS)


async def run_command(app: FusionApp, text: str) -> None:
    """Do what was typed, or say what was meant."""
    name, _, rest = text.strip().partition(" ")
    wanted = _SHORT.get(name, name)
    command = next((command for command in COMMANDS if command.name == wanted), None)
    if command is None:
        app.say(_unknown(name), "error")
        return
    done = command.run(app, rest.strip())
    if isawaitable(done):
        await done


def _unknown(name: str) -> str:
    names = [command.name for command in COMMANDS]
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.4)
    return f"no command {name}" + (f", did you mean :{near[0]}?" if near else f"; there are {', '.join(names)}")


class Completion(Suggester):
    """Completes the command, then its argument."""

    def __init__(self, app: FusionApp) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._app = app

    async def get_suggestion(self, value: str) -> str | None:
        name, space, rest = value.partition(" ")
        if not space:
            return next((c.name + " " * bool(c.argument) for c in COMMANDS if c.name.startswith(name)), None)
        command = next((command for command in COMMANDS if command.name == name), None)
        choices = command.choices(self._app) if command else ()
        return next((f"{name} {choice}" for choice in choices if choice.startswith(rest)), None)
