"""The shell: modes, keys, the prompt, and the bridge to the core's thread."""

from __future__ import annotations

import asyncio
import os
import sys
import traceback
from collections import deque
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from typing import Any, ClassVar, NamedTuple, TypeVar

from rich.console import RenderableType
from textual import events
from textual.app import App
from textual.binding import Binding
from textual.command import CommandPalette
from textual.filter import LineFilter
from textual.notifications import SeverityLevel
from textual.screen import Screen

from providers.core.action import Target
from providers.core.errors import UsageError
from providers.core.feed import Fault
from providers.core.runtime import Core
from providers.core.site import Site
from tui import theme
from tui.filter import Filter
from tui.glass import Glass
from tui.keys import KEYS, bindings, keymap, pretty
from tui.later import Later, collect_again, import_beside
from tui.panel import Panel
from tui.text import Guard, content, pages

T = TypeVar("T")

LEAVE_AT_ONCE = 1.5
LEAVE_AT_LAST = 12.0
"""Seconds until the console is left, whatever does not end: without and with a change in flight."""

BETWEEN = "between environments"
OPENS = ("tui.change", "tui.prompt", "tui.command", "tui.help", "tui.view", "tui.jump", "tui.palette", "tui.reveal")
"""What a key opens over every screen."""


class Mode(NamedTuple):
    """One screen of the console: its name in the key table, and what builds it."""

    name: str
    build: Callable[[Core, Site], Screen[Any]]


class FusionApp(App[int], inherit_bindings=False):
    """Knows no system: what it shows comes from the modes, what it changes goes through the site's gate."""

    TITLE = "fusion-console"
    BINDINGS: ClassVar[list[Any]] = bindings("app")
    CSS = theme.LOOKS
    ENABLE_COMMAND_PALETTE = True
    COMMAND_PALETTE_BINDING = "ctrl+p"

    def __init__(
        self, core: Core, open_site: Callable[[str], Site], site: Site, modes: Sequence[Mode], *, theme_name: str = ""
    ) -> None:
        # Textual reads NO_COLOR as a call for greys; no colour at all needs the terminal's own colours beneath.
        super().__init__(ansi_color=True if os.environ.get("NO_COLOR") else None)
        self.core = core
        self.site: Site = site
        self._open_site = open_site
        self._modes_by_name: Mapping[str, Mode] = {mode.name: mode for mode in modes}
        self._shown = False
        self._put_off: deque[Callable[[], object]] = deque()
        self._guard = Guard()
        self._glass = Glass()
        for known in theme.THEMES:
            self.register_theme(known)
        self._keys = keymap(site.config.keys)
        # Set before there is anything to draw: later every style would be worked out twice.
        self.theme = theme.chosen(site.config.theme, theme_name, self.available_themes, no_color=self.no_color)
        self._add_modes()
        self.add_mode(BETWEEN, Screen)
        # Begin with the first of them: Textual would draw an empty screen and leave it again.
        self._current_mode = next(iter(self._modes_by_name))
        self._screen_stacks = {self._current_mode: []}

    def get_line_filters(self) -> Sequence[LineFilter]:
        return (*super().get_line_filters(), self._guard)

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        """Textual sends each line that was drawn anew as a whole."""
        super()._display(screen, self._glass.only_new(renderable))
        if renderable is not None and self._put_off:
            self.call_later(self._begin)

    def once_shown(self, work: Callable[[], object]) -> None:
        """Do what would compete with the first frame once that stands; from then on at once."""
        if self._shown:
            work()
        else:
            self._put_off.append(work)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return theme.PRODUCTION

    def on_resize(self) -> None:
        self._glass.forget()

    def on_mount(self) -> None:
        # Whoever stopped the console and goes on has seen a shell in between.
        self.app_resume_signal.subscribe(self, lambda _: self._glass.forget())
        self.set_keymap(self._keys)
        self.submit(self.site.open(), lambda _: None)
        self.once_shown(collect_again)
        self.once_shown(lambda: self.submit(_unfinished(self.site), self._show_unfinished))

    def _begin(self) -> None:
        self._shown = True
        while self._put_off:
            self._put_off.popleft()()

    def look_ahead(self, modules: Sequence[str]) -> None:
        """Import what the screen opens, the dialogs and the other modes before somebody asks for them."""
        modes = (mode.build.module for mode in self._modes_by_name.values() if isinstance(mode.build, Later))
        import_beside((*modules, *OPENS, *modes))

    def _add_modes(self) -> None:
        for mode in self._modes_by_name.values():
            self.add_mode(mode.name, partial(mode.build, self.core, self.site))

    def submit(
        self,
        work: Coroutine[Any, Any, T],
        done: Callable[[T], object],
        what: str = "",
        failed: Callable[[BaseException], object] | None = None,
    ) -> None:
        """Run on the core; `done` gets the result here, `failed` (else a toast that names `what`) the error."""
        future = self.core.submit(work)
        on_error = failed or partial(self.complain, what=what)
        future.add_done_callback(lambda f: self.hand_over(lambda: _finish(f, done, on_error)))

    def complain(self, error: BaseException, what: str = "") -> None:
        """A failure as a toast, with what to do about it."""
        fault = Fault.of(error)
        self.say(f"{what + ': ' if what else ''}{fault.message}{' — ' + fault.fix if fault.fix else ''}", "error")

    def hand_over(self, work: Callable[[], object]) -> None:
        """From the core's thread into this application's queue: what breaks there is seen, not lost."""
        # The interface may close its loop at any moment; then nobody is there to tell.
        with suppress(RuntimeError):
            self.call_later(work)

    def say(self, text: str, severity: SeverityLevel = "information") -> None:
        """A toast; never markup."""
        seconds = {"information": 4.0, "warning": 6.0, "error": 10.0}[severity]
        self.notify(content(text).plain, severity=severity, markup=False, timeout=seconds)

    def on_key(self, event: events.Key) -> None:
        self.site.gate.touch()

    def action_mode(self, name: str) -> None:
        """Go to a mode, or say honestly that it is not there yet."""
        if name in self._modes_by_name:
            self.switch_mode(name)
        else:
            label = next((key.label for key in KEYS if key.action == f"mode('{name}')"), name)
            self.say(f"{label} is not built yet.", "warning")

    def action_actions(self) -> None:
        """The action menu for what is selected now."""
        found = self._selected_target()
        if found is None:
            self.say("Nothing is selected that could be changed.", "warning")
        else:
            from tui.change import ChangeFlow

            ChangeFlow(self, *found).start()

    def _selected_target(self) -> tuple[Target, Mapping[str, str]] | None:
        ask = self._asks_target()
        return ask() if ask is not None else None

    def _asks_target(self) -> Callable[[], tuple[Target, Mapping[str, str]] | None] | None:
        screen = self._looked_at
        return getattr(screen.focused, "target", None) or getattr(screen, "target", None)

    @property
    def _looked_at(self) -> Screen[Any]:
        """The screen that somebody works on, also while the palette lies over it."""
        return next(screen for screen in reversed(self.screen_stack) if not isinstance(screen, CommandPalette))

    def arm(self, reason: str, armed: Callable[[], object] | None = None) -> None:
        """Allow changes in this environment for a while; then `armed()`, or a toast that says so."""
        gate = self.site.gate
        then = armed or partial(self.say, f"{self.site.name} is ARMED", "warning")
        self.submit(_on_core(lambda: gate.arm(reason)), lambda _: then())

    def disarm(self, why: str) -> None:
        """Read-only again."""
        self.submit(_on_core(lambda: self.site.gate.disarm(why)), lambda _: self.say(f"{self.site.name} is read-only"))

    async def switch_site(self, name: str) -> None:
        """Leave this environment (disarmed) and open another."""
        new = self._open_site(name)
        old, self.site = self.site, new
        self.submit(old.close(), lambda _: None)
        self.submit(new.open(), lambda _: None)
        # A mode that is looked at cannot be removed.
        await self.switch_mode(BETWEEN)
        for mode in self._modes_by_name:
            await self.remove_mode(mode)
        self._add_modes()
        await self.switch_mode(next(iter(self._modes_by_name)))

    def action_filter(self) -> None:
        """Filter what has the focus."""
        from tui.prompt import Prompt

        subject: Any = self.focused if hasattr(self.focused, "set_filter") else self.screen
        if not hasattr(subject, "set_filter"):
            self.say("There is nothing to filter here.")
            return

        found = getattr(subject, "filter", None)
        before = found if isinstance(found, Filter) else Filter()

        def on_the_way(text: str) -> None:
            # Half an expression is no mistake yet.
            with suppress(UsageError):
                subject.set_filter(Filter.parse(text))

        def typed(text: str | None) -> None:
            try:
                subject.set_filter(before if text is None else Filter.parse(text))
            except UsageError as error:
                subject.set_filter(before)
                self.say(error.message, "error")

        self.push_screen(Prompt("/", before.text, on_the_way), typed)

    def action_command(self) -> None:
        """The command line of the console."""
        from tui.command import Completion, run_command
        from tui.prompt import Prompt

        def typed(text: str | None) -> None:
            if text:
                self.call_later(run_command, self, text)

        self.push_screen(Prompt(":", suggester=Completion(self)), typed)

    def action_help(self) -> None:
        """The keys of the focused thing, then those of the console."""
        from tui.help import help_lines
        from tui.view import TextScreen

        places = {place for where in (self.focused, self.screen) for place in getattr(where, "places", ())}
        here = getattr(self.focused, "title", "") or "Here"
        self.push_screen(TextScreen("Keys", tuple(help_lines(here, places, self._keys, self._modes_by_name))))

    def action_jump(self) -> None:
        """A letter for every panel."""
        from tui.jump import Jump
        from tui.screen import ModeScreen

        panels = self.screen.shown_panels() if isinstance(self.screen, ModeScreen) else ()
        if panels:
            self.push_screen(Jump(panels), lambda panel: panel.focus() if panel is not None else None)

    def action_refresh_feeds(self) -> None:
        """Ask again now, and draw everything anew: something else may have written to the terminal."""
        self.screen.refresh()
        for panel in self.screen.query(Panel):
            if panel.feed.listeners:
                self.core.call(panel.feed.refresh)

    async def action_back(self) -> None:
        """Take back what narrows the view of what has the focus; without that, close what is on top."""
        widen: Callable[[], bool] | None = getattr(self.focused, "widen", None)
        if not (widen and widen()) and len(self.screen_stack) > 1:
            self.pop_screen()

    def action_leave(self) -> None:
        """Back, and at the top out."""
        if len(self.screen_stack) > 1:
            self.pop_screen()
        else:
            self._leave()

    def _leave(self) -> None:
        in_flight = self.site.gate.in_flight
        if in_flight:
            self.say("finishing what is in flight …", "warning")
        self.core.submit(self.site.close()).add_done_callback(lambda _: self.hand_over(lambda: self.exit(0)))
        # Reading systems that hang must not keep anybody here; a change that was sent is waited for.
        self.set_timer(LEAVE_AT_LAST if in_flight else LEAVE_AT_ONCE, lambda: self.exit(0))

    def _show_unfinished(self, lines: Sequence[str]) -> None:
        if lines:
            from tui.view import TextScreen

            self.push_screen(TextScreen("UNFINISHED: the end of these was never recorded. Verify each.", lines))

    def export_screenshot(self, **options: Any) -> str:
        """A picture for a file or a colleague: nothing that is revealed is in it."""
        from tui.reveal import Revealed

        for revealed in self.screen.query(Revealed):
            revealed.mask()
        return super().export_screenshot(**options)

    def get_system_commands(self, screen: Screen[Any]) -> Any:
        from tui.palette import commands

        return commands(self, screen, self._keys, self._modes_by_name)

    def get_key_display(self, binding: Binding) -> str:
        return pretty(binding.key)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A key that can do nothing here is not shown here."""
        if action == "actions":
            return self._asks_target() is not None
        screen = self._looked_at
        return action != "filter" or hasattr(screen.focused, "set_filter") or hasattr(screen, "set_filter")

    def _fatal_error(self) -> None:
        """Textual's own page prints local variables, passwords included; ours prints where it broke and no values."""
        self.bell()
        self._exit_renderables.append(pages("".join(traceback.format_exception(self._exception or sys.exception()))))
        self._close_messages_no_wait()
        self._return_code = 1


def _finish(future: Future[T], done: Callable[[T], object], failed: Callable[[BaseException], object]) -> None:
    if future.cancelled():
        return
    error = future.exception()
    if error is None:
        done(future.result())
    else:
        failed(error)


async def _on_core(work: Callable[[], T]) -> T:
    return work()


async def _unfinished(site: Site) -> list[str]:
    entries = await asyncio.to_thread(site.audit.unfinished)
    return [f"{e.at}  {e.environment}  {e.action} {e.target}  {e.message}  (audit {e.id})" for e in entries]
