"""The real console on a frozen bridge: no clock moves, no request is made, nothing random is drawn."""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from rich.segment import Segment
from rich.style import Style

from providers.aws.provider import Aws
from providers.core.audit import Audit
from providers.core.config import BRIDGE, Config, Environment, GateSettings, Kubernetes, Thresholds
from providers.core.config import Aws as AwsSettings
from providers.core.config import Postgres as PostgresSettings
from providers.core.config import Redis as RedisSettings
from providers.core.errors import BackendError, NotFound
from providers.core.feed import Feed
from providers.core.gate import Gate
from providers.core.provider import Provider
from providers.core.runtime import Core
from providers.core.site import Site
from providers.kube.provider import Kube
from providers.postgres.provider import Postgres
from providers.redis.provider import Redis
from screens import MODES
from tests.app.console import Terminal
from tests.pictures.frozen import NAMESPACE, Still
from tests.unit.core.build import OPERATOR
from tui.app import FusionApp
from tui.moment import held
from tui.panel import Panel

ENVIRON = {"TERM": "xterm-256color", "TZ": "Europe/Berlin", "LC_ALL": "C.UTF-8"}
DEADLINE = 30.0
"""Seconds after which what has not been confirmed is stale; no picture takes as long."""
UNSET = ("NO_COLOR", "COLORTERM", "FUSION_ASCII")
Known = Mapping[str, object]
"""Feeds by their attribute of `Kube`: a value, an error, or a Cut."""


class Cut(NamedTuple):
    """What was known, and the error that came after it."""

    value: object
    error: BackendError | None


def still(name: str, known: object, age: float = 0.4) -> Feed[Any]:
    """A feed that has said all it has to say."""
    value, error = known if isinstance(known, Cut) else Cut(known, None)
    if isinstance(value, BackendError):
        value, error = None, value
    begun = False

    async def stream() -> AsyncGenerator[Any, None]:
        nonlocal begun
        if not begun:
            begun = True
            if value is not None:
                yield value
            if error is not None:
                raise error
        await asyncio.Event().wait()

    return Feed(name, "kube staging", stream, deadline=DEADLINE, clock=Still(age))


class Cluster(Kube):
    """A cluster of which everything is known already."""

    def __init__(self, known: Known, age: float) -> None:
        super().__init__("staging", Kubernetes(kubeconfig="none", namespace=NAMESPACE), BRIDGE, Thresholds())
        self._still = {name: still(name, value, age) for name, value in known.items()}
        for name, feed in self._still.items():
            setattr(self, name, feed)

    async def __aexit__(self, *_: object) -> None:
        for feed in self._still.values():
            await feed.aclose()


class StillOnes(NamedTuple):
    """What is known of the systems beside the cluster; None is not configured."""

    postgres: Known | None = None
    redis: Known | None = None
    aws: Known | None = None

    def providers(self, age: float) -> Iterator[Provider]:
        """Each real, but for its feeds, which have said all they have to say."""
        if self.postgres is not None:
            yield _stilled(Postgres("staging", PostgresSettings(host="db.example"), Thresholds()), self.postgres, age)
        if self.redis is not None:
            yield _stilled(Redis("staging", RedisSettings(), Thresholds()), self.redis, age)
        if self.aws is not None:
            yield _stilled(Aws("staging", AwsSettings(region="eu-west-1"), Thresholds()), self.aws, age)


NOTHING_ELSE = StillOnes()


def _stilled(provider: Any, known: Known, age: float) -> Provider:
    feeds = {name: still(name, known.get(name, NotFound("not looked at here", source="here")), age)
             for name in ("light", *provider.feeds)}  # fmt: skip
    for name, feed in feeds.items():
        feed.source = provider.source
        setattr(provider, name, feed)
    provider.feeds = {name: feed for name, feed in feeds.items() if name != "light"}
    made: Provider = provider
    return made


@contextmanager
def environ(more: Mapping[str, str]) -> Iterator[None]:
    """The environment variables that a picture depends on."""
    before = dict(os.environ)
    os.environ.update(ENVIRON | more)
    for name in UNSET:
        if name not in more:
            os.environ.pop(name, None)
    time.tzset()
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        time.tzset()


@asynccontextmanager
async def staged(
    known: Known,
    size: tuple[int, int],
    *,
    production: bool = False,
    age: float = 0.4,
    variables: Mapping[str, str],
    more: StillOnes = NOTHING_ELSE,
) -> AsyncIterator[Terminal]:
    """The console with everything read."""
    core = Core()
    core.start()
    with tempfile.TemporaryDirectory() as directory, environ(variables), held(Still()):
        site = _site(Path(directory), Cluster(known, age), production, tuple(more.providers(age)))
        app = FusionApp(core, lambda _: site, site, MODES)
        try:
            async with app.run_test(size=size, notifications=True) as pilot:
                terminal = Terminal(app, pilot)
                panels = app.screen.query(Panel)
                await terminal.until(lambda: all(p.reading.state != "waiting" for p in panels), "everything is read")
                yield terminal
        finally:
            core.submit(site.close()).result(15.0)
            assert core.stop(5.0)


def _site(path: Path, kube: Kube, production: bool, more: Sequence[Provider]) -> Site:
    environment = Environment("staging", production=production, kubernetes=kube.settings)
    config = Config(default="staging", environments={"staging": environment})
    audit = Audit(path / "audit", clock=Still(), anchor=lambda _: None)
    gate = Gate("staging", production, audit, OPERATOR, GateSettings(), Still())
    return Site("staging", config, environment, (kube, *more), gate, audit, OPERATOR)


def picture(terminal: Terminal, *, styled: bool) -> str:
    """What stands on the screen; `styled` says below each line how its parts look."""
    lines = []
    for strip in terminal.app.screen._compositor.render_strips():
        lines.append("".join(segment.text for segment in strip).rstrip())
        if styled and (looks := _looks(strip)):
            lines.append(f"    ~ {looks}")
    return "\n".join(lines) + "\n"


def _looks(strip: list[Segment]) -> str:
    """ "0-79 bold reverse; 60-66 green": the cells that are more than plain, blanks at the end left out."""
    runs: list[tuple[int, int, str]] = []
    at = 0
    for segment in strip:
        look, end = _look(segment.style), at + segment.cell_length
        if look and runs and runs[-1][1:] == (at, look):
            runs[-1] = (runs[-1][0], end, look)
        elif look and (segment.text.strip() or "on " in look or "reverse" in look or "underline" in look):
            runs.append((at, end, look))
        at = end
    return "; ".join(f"{start}-{end - 1} {look}" for start, end, look in runs)


def _look(style: Style | None) -> str:
    if style is None:
        return ""
    words = [name for name in ("bold", "reverse", "underline", "italic", "dim") if getattr(style, name)]
    ink, paper = style.color, style.bgcolor
    words += [ink.name] if ink is not None and not ink.is_default else []
    words += [f"on {paper.name}"] if paper is not None and not paper.is_default else []
    return " ".join(words)
