"""What there are pictures of. The name of a scene is the name of its file."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from providers.core.errors import Denied, Unreachable
from providers.kube.describe_pod import pod_sections
from providers.kube.logs import LogTarget
from screens.services.log import LogScreen
from screens.services.pages import section_lines
from tests.app.console import Terminal
from tests.pictures import frozen
from tests.pictures import frozen_database as database
from tests.pictures.stage import NOTHING_ELSE, Cut, Known, StillOnes, picture, staged, still
from tests.unit.kube.build import crash_loop, pod_manifest
from tui.confirm import Confirm
from tui.header import Header
from tui.page import PageScreen
from tui.screen import ModeScreen

PLACE: Final = Path(__file__).parent
SMALL, WIDE, MIDDLE = (80, 24), (160, 50), (120, 36)


async def nothing(_: Terminal) -> None:
    """As it begins."""


class Scene(NamedTuple):
    """`act` does what has to be done; `shows` is on the screen when it has been done."""

    known: Known
    size: tuple[int, int]
    shows: str = "fusion-bitcoin"
    act: Callable[[Terminal], Awaitable[None]] = nothing
    production: bool = False
    age: float = 0.4
    environ: Mapping[str, str] = {}
    styled: bool = False
    more: StillOnes = NOTHING_ELSE


def _pressing(*keys: str) -> Callable[[Terminal], Awaitable[None]]:
    async def act(terminal: Terminal) -> None:
        await terminal.pilot.press(*keys)

    return act


async def confirm(terminal: Terminal) -> None:
    """The dialog before a rollback."""
    app: Any = terminal.app
    app.push_screen(Confirm(frozen.PLAN, app.site))


class _StillLog(LogScreen):
    """Reads nothing, has it all."""

    def _read(self) -> None:
        self._batches.append(frozen.LOG)


async def _log(terminal: Terminal) -> None:
    app: Any = terminal.app
    target = LogTarget(frozen.NAMESPACE, selector="app=fusion-bitcoin-relayer")
    app.push_screen(_StillLog(app.core, app.site.provider("kube"), target, 1000, None, PLACE))


async def _log_back(terminal: Terminal) -> None:
    await _log(terminal)
    await terminal.shows("nonce too low")
    await terminal.pilot.press("k", "k")


async def _describe(terminal: Terminal) -> None:
    app: Any = terminal.app
    manifest = pod_manifest(status={"containerStatuses": [crash_loop()]})
    sections = [section for section in pod_sections(manifest, frozen.BAD_EVENTS[:2]) if section.lines]
    lines = tuple(section_lines(sections, frozen.NOW))
    app.push_screen(PageScreen(app.core, "pod/relayer-1", still("describe", lines)))


def _right(resource: str) -> Denied:
    right = f"list {resource} in {frozen.NAMESPACE}"
    return Denied(f"cannot {right}", permission=right, source="kube staging", fix=f"ask for the right to {right}")


REFUSED = Unreachable("https://cluster-7.example:6443: connection refused", source="kube staging")
WELL: Final[Known] = {
    "light": frozen.LIGHT, "workloads": frozen.WORKLOADS, "pods": frozen.PODS, "events": frozen.EVENTS,
    "exposed": frozen.SERVICES, "replicasets": frozen.REPLICA_SETS,
}  # fmt: skip
BAD: Final[Known] = {**WELL, "workloads": frozen.BAD_WORKLOADS, "pods": frozen.BAD_PODS, "events": frozen.BAD_EVENTS}
DENIED: Final[Known] = {
    "light": frozen.LIGHT, "workloads": frozen.WORKLOADS, "pods": _right("pods"), "events": _right("events"),
    "exposed": frozen.SERVICES,
}  # fmt: skip
DOWN: Final[Known] = {name: Cut(value, REFUSED) for name, value in WELL.items()}
EMPTY: Final[Known] = {"light": frozen.LIGHT, "workloads": (), "pods": (), "events": (), "exposed": ()}

SYSTEMS: Final = StillOnes(
    postgres={
        "light": database.POSTGRES_LIGHT, "overview": database.OVERVIEW, "activity": database.ACTIVITY,
        "blocking": database.BLOCKING, "transactions": database.LONG, "statements": database.STATEMENTS,
    },
    redis={
        "light": database.REDIS_LIGHT, "overview": database.CACHE, "clients": database.CLIENTS,
        "slowlog": database.SLOWLOG, "latency": database.LATENCY, "bigkeys": database.BIG_KEYS,
    },
    aws={"light": database.AWS_LIGHT, "databases": database.DATABASES},
)  # fmt: skip

SCENES: Final[dict[str, Scene]] = {
    "services-80x24": Scene(WELL, SMALL),
    "services-160x50": Scene(WELL, WIDE),
    "production-read-only": Scene(WELL, SMALL, "READ-ONLY", production=True),
    "production-armed": Scene(WELL, SMALL, " ARMED ", _pressing("colon", *"arm", "enter"), production=True),
    "bad-release-80x24": Scene(BAD, SMALL, "CrashLoopBackOff"),
    "bad-release-120x36": Scene(BAD, MIDDLE, "CrashLoopBackOff"),
    "denied": Scene(DENIED, MIDDLE, "DENIED"),
    "down": Scene(DOWN, MIDDLE, "DOWN", age=75.0),
    "stale": Scene(WELL, SMALL, "STALE", age=75.0),
    "empty": Scene(EMPTY, SMALL, "no deployments"),
    "log": Scene(WELL, SMALL, "nonce too low", _log),
    "log-no-colour": Scene(WELL, SMALL, "nonce too low", _log_back, environ={"NO_COLOR": "1"}, styled=True),
    "describe": Scene(WELL, SMALL, "CrashLoopBackOff", _describe),
    "confirm": Scene(BAD, SMALL, "READ-ONLY: tab", confirm),
    "menu": Scene(BAD, SMALL, "Roll back", _pressing("j", "a")),
    "options": Scene(BAD, SMALL, "image *", _pressing("j", "a", "j", "j", "j", "enter")),
    "database-80x24": Scene(WELL, SMALL, "4101", _pressing("3"), more=SYSTEMS),
    "database-160x50": Scene(WELL, WIDE, "4107", _pressing("3"), more=SYSTEMS),
    "statements": Scene(WELL, MIDDLE, "SELECT * FROM swaps", _pressing("3", "f3"), more=SYSTEMS),
    "cache": Scene(WELL, MIDDLE, "orderbook", _pressing("3", "f5"), more=SYSTEMS),
    "rds": Scene(WELL, MIDDLE, "fusion-bitcoin-2", _pressing("3", "f6"), more=SYSTEMS),
    "database-not-configured": Scene(WELL, SMALL, "No postgres section", _pressing("3")),
    "help": Scene(WELL, SMALL, "Half down", _pressing("question_mark")),
    "command-line": Scene(WELL, SMALL, ": theme", _pressing("colon", "t", "tab")),
    "few-colours": Scene(BAD, SMALL, "CrashLoopBackOff", environ={"TERM": "linux"}, production=True, styled=True),
    "no-colour": Scene(BAD, SMALL, "CrashLoopBackOff", environ={"NO_COLOR": "1"}, production=True, styled=True),
}


async def settle(terminal: Terminal, scene: Scene) -> None:
    """Do what has to be done, and wait until nothing moves any more."""
    await scene.act(terminal)
    await terminal.shows(scene.shows)
    looked_at: Any = terminal.app.screen
    if isinstance(looked_at, ModeScreen):
        await terminal.until(lambda: all(p.reading.state != "waiting" for p in looked_at.shown_panels()))
    # Toasts come and go by the clock of the machine.
    terminal.app.clear_notifications()
    await terminal.until(lambda: not terminal.app.screen.query("Toast"))
    # What is drawn once a second is drawn now.
    for screen in terminal.app.screen_stack:
        for header in screen.query(Header):
            header.tick()
    await terminal.pilot.pause()


async def take(name: str) -> str:
    """The picture of a scene."""
    scene = SCENES[name]
    async with staged(
        scene.known, scene.size, production=scene.production, age=scene.age, variables=scene.environ, more=scene.more
    ) as terminal:
        await settle(terminal, scene)
        return picture(terminal, styled=scene.styled)
