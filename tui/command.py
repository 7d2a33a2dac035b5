"""The `:` line."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from providers.core.errors import FusionError

if TYPE_CHECKING:
    from tui.app import FusionApp

NAMES = ("arm", "disarm", "env", "theme", "services", "help", "refresh", "quit", "q")


async def run_command(app: FusionApp, text: str) -> None:
    """Do what was typed, or say what was meant."""
    name, _, rest = text.strip().partition(" ")
    match name:
        case "arm":
            app.arm(rest)
        case "disarm":
            app.disarm("disarmed by :disarm")
        case "env":
            await _environment(app, rest.strip())
        case "theme":
            _theme(app, rest.strip())
        case "services":
            app.action_mode("services")
        case "help":
            app.action_help()
        case "refresh":
            app.action_refresh_feeds()
        case "q" | "quit":
            app.action_leave()
        case _:
            near = difflib.get_close_matches(name, NAMES, n=1, cutoff=0.4)
            app.say(
                f"no command {name}" + (f", did you mean :{near[0]}?" if near else f"; there are {', '.join(NAMES)}"),
                "error",
            )


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
        app.say(f"there is no theme {name}; there are: {', '.join(sorted(app.available_themes))}", "error")
