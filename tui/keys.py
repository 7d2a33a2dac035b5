"""Every key of the console, in one table: bindings, footer, help, palette and docs/keys.md are made from it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Final, NamedTuple

from textual.binding import Binding
from textual.keys import format_key

from providers.core.errors import ConfigError


class Key(NamedTuple):
    """`where` is app, table, tail, services … ; `action` is Textual's name of it; `shown` puts it into the footer."""

    id: str
    keys: str
    where: str
    action: str
    label: str
    help: str
    shown: bool = False

    @property
    def mode(self) -> str:
        """The mode it goes to; "" for every other key."""
        return self.action[6:-2] if self.action.startswith("mode('") else ""


KEYS: tuple[Key, ...] = (
    Key("mode.services", "1", "app", "mode('services')", "Services", "deployments, pods, events, services"),
    Key("mode.infrastructure", "2", "app", "mode('infrastructure')", "Infrastructure", "not built yet"),
    Key("mode.database", "3", "app", "mode('database')", "Database", "not built yet"),
    Key("mode.monitoring", "4", "app", "mode('monitoring')", "Monitoring", "not built yet"),
    Key("mode.security", "5", "app", "mode('security')", "Security", "not built yet"),
    Key("mode.incident", "6", "app", "mode('incident')", "Incident", "not built yet"),
    Key("mode.emergency", "exclamation_mark", "app", "mode('emergency')", "Emergency", "not built yet"),
    Key("app.triage", "T", "app", "mode('triage')", "Triage", "not built yet"),
    Key("app.actions", "a", "app", "actions", "Actions", "everything that can change the selected thing", True),
    Key("app.filter", "slash", "app", "filter", "Filter", "words, !word, -l label=value, /regex/", True),
    Key("app.command", "colon", "app", "command", "Command", ":arm, :disarm, :env NAME, :theme NAME, :q", True),
    Key("app.help", "question_mark,f1", "app", "help", "Help", "the keys of the focused panel", True),
    Key("app.jump", "ctrl+o", "app", "jump", "Jump", "a letter on every panel; type it to go there"),
    Key("app.refresh", "ctrl+r", "app", "refresh_feeds", "Refresh", "ask again now, and draw everything anew"),
    Key("app.palette", "ctrl+p", "app", "command_palette", "Palette", "every command by its name"),
    Key("app.back", "escape", "app", "back", "Back", "clear the filter; without one, one level back"),
    Key("app.quit", "q,ctrl+q,ctrl+c", "app", "leave", "Quit", "one level back, and at the top leave", True),
    Key("table.down", "j,down", "table", "move(1)", "Down", "next row"),
    Key("table.up", "k,up", "table", "move(-1)", "Up", "previous row"),
    Key("table.half_down", "ctrl+d", "table", "half(1)", "Half down", "half a page down"),
    Key("table.half_up", "ctrl+u", "table", "half(-1)", "Half up", "half a page up"),
    Key("table.page_down", "pagedown", "table", "half(2)", "Page down", "a page down"),
    Key("table.page_up", "pageup", "table", "half(-2)", "Page up", "a page up"),
    Key("table.top", "g,home", "table", "top", "Top", "first row"),
    Key("table.bottom", "G,end", "table", "bottom", "Bottom", "last row"),
    Key("table.sort", "s", "table", "sort", "Sort", "by the next column"),
    Key("table.reverse", "S", "table", "reverse", "Reverse", "the other way round"),
    Key("table.faults", "ctrl+z", "table", "faults", "Faults", "only rows that need a human"),
    Key("services.drill", "enter", "services", "drill", "Open", "the pods of a deployment; what a row is about"),
    Key("services.logs", "l", "services", "logs", "Logs", "follow the logs of the pod or deployment", True),
    Key("services.previous", "p", "services", "previous", "Previous", "logs of the container before its last restart"),
    Key("services.describe", "d", "services", "describe", "Describe", "what is wrong and what it is made of", True),
    Key("services.yaml", "y", "services", "yaml", "YAML", "the manifest, secrets masked"),
    Key("services.contents", "c", "services", "contents", "Contents", "environment, config maps and secrets"),
    Key("services.rollouts", "r", "services", "rollouts", "Rollouts", "revisions and what differs", True),
    Key("contents.open", "enter", "contents", "open", "Open", "the whole text of a config map's key"),
    Key("contents.reveal", "x", "contents", "reveal", "Reveal", "one secret value for 10 s, recorded first", True),
    Key("view.down", "j,down", "view", "move(1)", "Down", "a line down"),
    Key("view.up", "k,up", "view", "move(-1)", "Up", "a line up"),
    Key("view.half_down", "ctrl+d", "view", "half(1)", "Half down", "half a page down"),
    Key("view.half_up", "ctrl+u", "view", "half(-1)", "Half up", "half a page up"),
    Key("view.page_down", "pagedown,space", "view", "half(2)", "Page down", "a page down"),
    Key("view.page_up", "pageup", "view", "half(-2)", "Page up", "a page up"),
    Key("view.top", "g,home", "view", "top", "Top", "to the top"),
    Key("view.bottom", "G,end", "view", "bottom", "Bottom", "to the bottom"),
    Key("view.next", "n", "view", "match(1)", "Next match", "the next line that / found", True),
    Key("view.previous", "N", "view", "match(-1)", "Last match", "the line that / found before"),
    Key("tail.down", "j,down", "tail", "move(1)", "Down", "a line down; behind the newest it follows again"),
    Key("tail.up", "k,up", "tail", "move(-1)", "Up", "a line up, and stop following"),
    Key("tail.page_down", "pagedown,ctrl+d", "tail", "page(1)", "Page down", "a page down"),
    Key("tail.page_up", "pageup,ctrl+u", "tail", "page(-1)", "Page up", "a page up, and stop following"),
    Key("tail.top", "g,home", "tail", "first", "Oldest", "the oldest kept line"),
    Key("tail.follow", "G,end,f", "tail", "follow", "Follow", "go on at the newest line", True),
    Key("tail.pause", "space", "tail", "pause", "Pause", "stop and go on following", True),
    Key("tail.open", "enter", "log", "open", "Open", "the whole line, its JSON laid out"),
    Key("tail.errors", "e", "tail", "error(1)", "Error", "next line whose level is error", True),
    Key("tail.errors_back", "E", "tail", "error(-1)", "Previous error", "previous line whose level is error"),
    Key("tail.include", "i", "log", "include", "Include", "only lines that match, decided before they take room", True),
    Key("tail.exclude", "x", "log", "exclude", "Exclude", "no lines that match, decided before they take room"),
    Key("tail.saved1", "f2", "log", "saved(0)", "Saved 1", "the service's first saved filter, on and off"),
    Key("tail.saved2", "f3", "log", "saved(1)", "Saved 2", "the second"),
    Key("tail.saved3", "f4", "log", "saved(2)", "Saved 3", "the third"),
    Key("tail.saved4", "f5", "log", "saved(3)", "Saved 4", "the fourth"),
    Key("tail.since_tail", "0", "log", "since('')", "Tail", "begin with the newest lines"),
    Key("tail.since1", "1", "log", "since('1m')", "1 min", "begin one minute ago"),
    Key("tail.since2", "2", "log", "since('5m')", "5 min", "begin five minutes ago"),
    Key("tail.since3", "3", "log", "since('15m')", "15 min", "begin 15 minutes ago"),
    Key("tail.since4", "4", "log", "since('1h')", "1 hour", "begin one hour ago"),
    Key("tail.since5", "5", "log", "since('all')", "All", "begin with the oldest line the nodes still have"),
    Key("tail.wrap", "w", "tail", "look('wrap')", "Wrap", "long lines whole or cut"),
    Key("tail.stamps", "t", "tail", "look('stamps')", "Times", "show or hide the time of each line"),
    Key("tail.pretty", "J", "tail", "look('pretty')", "Raw", "lines as written, or JSON and logfmt as words"),
    Key("tail.chart", "h", "tail", "look('chart')", "Histogram", "show or hide lines and errors over time"),
    Key("tail.mark", "m", "tail", "mark", "Mark", "mark the line, or take the mark away"),
    Key("tail.mark_next", "apostrophe", "tail", "to_mark(1)", "Next mark", "next marked line"),
    Key("tail.mark_back", "quotation_mark", "tail", "to_mark(-1)", "Last mark", "previous marked line"),
    Key("tail.copy", "c", "log", "copy", "Copy", "the marked lines or this one, to the terminal's clipboard"),
    Key("tail.save", "S", "log", "save", "Save", "every line shown, to a file"),
    Key("tail.streams", "s", "log", "streams", "Streams", "the state of every stream, and what was lost"),
)


_MOVES: Final = frozenset(
    {"move", "half", "page", "top", "bottom", "first", "scroll_down", "scroll_up", "scroll_home", "scroll_end", "match"}
)
_ARROWS: Final = {"down": "down", "up": "up", "left": "left", "right": "right", "enter": "enter"}
"""What a terminal without these signs could not show."""


def bindings(where: str) -> list[Binding]:
    """The bindings of one place, in table order."""
    return [
        Binding(key.keys, key.action, key.label, show=key.shown, id=key.id, tooltip=key.help)
        for key in KEYS
        if key.where == where
    ]


def keymap(configured: Mapping[str, str]) -> dict[str, str]:
    """The configuration's remaps. Raises ConfigError for an unknown id."""
    known = {key.id for key in KEYS}
    for name in configured:
        if name not in known:
            raise ConfigError(f"keys.{name}: there is no such action", fix=f"there are: {', '.join(sorted(known))}")
    return dict(configured)


def pretty(keys: str) -> str:
    """Key names as they stand on a keyboard: "?", "esc", "pgdn", "ctrl+d"."""
    return " ".join(_ARROWS.get(key) or format_key(key.strip()) for key in keys.split(","))


def moves(action: str) -> bool:
    """Whether it only moves within what is shown: nobody looks for that by name."""
    return action.partition("(")[0] in _MOVES


class HelpRow(NamedTuple):
    """One key in the help: its keys as pressed here, its name, and what it does."""

    keys: str
    label: str
    help: str


def help_rows(places: Collection[str], configured: Mapping[str, str], modes: Collection[str]) -> Iterator[HelpRow]:
    """The keys of the places named, as this configuration has them; of the modes only those there are."""
    for key in KEYS:
        if key.where in places and (not key.mode or key.mode in modes):
            yield HelpRow(pretty(configured.get(key.id, key.keys)), key.label, key.help)
