"""What ctrl+p lists: everything that can be done where one is, by name, with its keys."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from textual.app import SystemCommand
from textual.markup import escape

from tui.command import COMMANDS, run_command
from tui.keys import KEYS, moves, pretty

if TYPE_CHECKING:
    from textual.screen import Screen

    from tui.app import FusionApp

_LISTED: Final = {key.id: key for key in KEYS if not moves(key.action) and key.id not in {"app.back", "app.palette"}}


def commands(
    app: FusionApp, screen: Screen[Any], configured: Mapping[str, str], modes: Collection[str]
) -> Iterator[SystemCommand]:
    """Keys that do something here, then what only the `:` line has and needs no more than its name."""
    found: dict[str, Any] = {}
    for node, binding, enabled, _ in screen.active_bindings.values():
        key = _LISTED.get(binding.id or "")
        if key is not None and enabled and (not key.mode or key.mode in modes):
            found.setdefault(key.id, node)
    for name, node in found.items():
        key = _LISTED[name]
        # After the palette has closed, so that the action finds the screen it was listed for.
        run = partial(app.call_later, app.run_action, key.action, node)
        yield _entry(key.label, pretty(configured.get(name, key.keys)), key.help, run)
    labels = {_LISTED[name].label.lower() for name in found}
    for command in COMMANDS:
        if command.name not in labels and (not command.argument or command.argument.startswith("[")):
            run = partial(app.call_later, run_command, app, command.name)
            yield _entry(f":{command.name}", f":{command.name}", command.help, run)


def _entry(label: str, keys: str, what: str, run: Callable[[], Any]) -> SystemCommand:
    # Textual reads this line as markup, and a remapped key may be a bracket.
    return SystemCommand(label, f"{escape(keys)}  ·  {what}", run)
