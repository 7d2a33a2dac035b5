"""The rollout of a deployment as it goes, and its revisions; `a` on one rolls back to it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from textual.app import ComposeResult
from textual.widgets import Footer, Static

from providers.core.action import Stage, Target
from providers.core.feed import Feed, Reading, poll
from providers.core.runtime import Core
from providers.core.site import Site
from providers.kube.provider import Kube
from providers.kube.rolling import Rolling, rolling_feed
from providers.kube.rollouts import Revision, history
from screens.services.panels import Revisions
from tui.bar import bar
from tui.header import Header
from tui.lines import Line
from tui.page import Lines, LinesPanel
from tui.screen import ModeScreen
from tui.text import content

REVISIONS_EVERY = 5.0
"""Seconds between two readings of the revisions."""
_OF_STAGE = {Stage.DONE: "ok", Stage.STUCK: "fail", Stage.FAILED: "fail"}
MOST_HELD = 6


class RolloutPanel(LinesPanel[Rolling]):
    """A bar, the counts, and every pod that holds it back with its reason."""

    def lines(self, value: Rolling) -> Lines:
        return tuple(rolling_lines(value))

    def paint(self, reading: Reading[Rolling]) -> None:
        super().paint(reading)
        self.styles.height = len(self._lines) + 2


def rolling_lines(seen: Rolling) -> Iterator[Line]:
    """What is drawn of a rollout."""
    progress, d = seen.progress, seen.deployment
    style = _OF_STAGE.get(progress.stage, "warn")
    if d is None:
        yield Line(progress.message, style)
        return
    yield Line(f"{bar(progress.fraction or 0.0)}   revision {d.revision} {d.rollout.state}   {progress.message}", style)
    yield Line(
        f"{d.updated} of {d.desired} updated · {d.available} available · {seen.new} new pods · {seen.old} old pods"
        f" · {d.strategy}"
    )
    yield from (Line(f"held back by {held.pod}: {held.why}", "fail", hang=4) for held in seen.held[:MOST_HELD])
    if len(seen.held) > MOST_HELD:
        yield Line(f"and by {len(seen.held) - MOST_HELD} more pods", "fail")


class RolloutsScreen(ModeScreen):
    """The rollout from what is watched, the revisions read anew every few seconds while they are looked at."""

    DEFAULT_CSS = """
    RolloutsScreen RolloutPanel { height: 4; max-height: 50%; }
    RolloutsScreen Revisions { height: 1fr; }
    RolloutsScreen #hint { height: 1; padding: 0 1; }
    """
    places = ("table",)

    def __init__(self, core: Core, site: Site, kube: Kube, deployment: Target) -> None:
        super().__init__()
        self._core = core
        self._site = site
        self._kube = kube
        self._deployment = deployment

    def compose(self) -> ComposeResult:
        target, source = self._deployment, self._kube.source
        revisions: Feed[Sequence[Revision]] = Feed(
            "revisions", source, poll(partial(_revisions, self._kube, target), REVISIONS_EVERY), deadline=20.0
        )
        yield Header(self._core, self._site)
        yield RolloutPanel(self._core, rolling_feed(self._kube, target.identity), f"Rollout of {target.name}")
        yield Revisions(target, self._core, revisions)
        yield Static(content("a on a revision plans the way back to it; everything is shown first"), id="hint")
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one(Revisions).focus()


async def _revisions(kube: Kube, deployment: Target) -> Sequence[Revision]:
    return (await history(kube.client, deployment.namespace, deployment.name)).revisions
