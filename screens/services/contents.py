"""What a pod was given: its environment, config maps, and secrets by key, of which one value at a time is revealed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.widgets import Footer, Static

from providers.core.asked import Asked
from providers.core.runtime import Core
from providers.core.secret import Secret
from providers.core.site import Site
from providers.kube.client import KubeClient
from providers.kube.environment import read_environment
from providers.kube.inventory import config_maps, secrets
from providers.kube.origins import SecretKey
from providers.kube.provider import Kube
from providers.kube.reveal import reveal
from providers.kube.values import Pod
from screens.services.given import (
    NOTHING,
    ConfigKey,
    GivenConfig,
    GivenEnvironment,
    GivenSecrets,
    SecretRow,
    VariableRow,
)
from tui.header import Header
from tui.keys import bindings
from tui.reveal import SHOWN, Revealed
from tui.screen import ModeScreen
from tui.text import content
from tui.view import TextScreen


class ContentsScreen(ModeScreen):
    """Of one pod, or of the whole namespace. Read once, and again on the refresh key: reading runs in the container."""

    DEFAULT_CSS = """
    ContentsScreen #hint { height: 1; padding: 0 1; }
    ContentsScreen GivenEnvironment { height: 3fr; min-height: 5; }
    ContentsScreen GivenConfig { height: 2fr; min-height: 4; }
    ContentsScreen GivenSecrets { height: 2fr; min-height: 4; }
    """
    BINDINGS: ClassVar[list[Any]] = bindings("contents")
    places = ("table", "contents")

    def __init__(self, core: Core, site: Site, kube: Kube, pod: Pod | None) -> None:
        super().__init__()
        self._core = core
        self._site = site
        self._kube = kube
        self._pod = pod
        self._asked = 0
        self._revealed = Revealed(site.gate.clock.monotonic)

    @property
    def _namespace(self) -> str:
        return self._pod.namespace if self._pod else self._kube.client.namespace

    @property
    def _whose(self) -> str:
        return f"pod/{self._pod.name}" if self._pod else f"namespace {self._namespace}"

    def compose(self) -> ComposeResult:
        client, namespace, pod, source = self._kube.client, self._namespace, self._pod, self._kube.source
        yield Header(self._core, self._site)
        yield Static(content(f"what {self._whose} is given", "bold"), id="hint")
        if pod is not None:
            yield GivenEnvironment(self._core, Asked("environment", source, partial(_variables, client, pod)))
        maps = Asked("config maps", source, partial(_config, client, namespace, pod))
        yield GivenConfig(self._core, maps, where=self._whose)
        kept = Asked("secrets", source, partial(_secrets, client, namespace, pod))
        yield GivenSecrets(self._core, kept, where=self._whose)
        yield self._revealed
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        super().on_mount()
        self.query(GivenEnvironment if self._pod else GivenSecrets).first().focus()

    def on_screen_suspend(self) -> None:
        super().on_screen_suspend()
        self._forget()

    def on_unmount(self) -> None:
        self._forget()

    def _forget(self) -> None:
        """Mask what is shown, and let no answer that is still on its way be shown."""
        self._asked += 1
        self._revealed.mask()

    def action_open(self) -> None:
        """The whole text of the selected key of a config map."""
        focused = self.focused
        row = focused.selected if isinstance(focused, GivenConfig) else None
        if row is not None:
            self.app.push_screen(TextScreen(f"configmap/{row.map.name} {row.key}", tuple(row.lines())))

    def action_reveal(self) -> None:
        """Show the value of the selected key for a while; the key again masks it."""
        wanted = self._wanted()
        if isinstance(wanted, str):
            self.fusion.say(wanted, "warning")
            return
        shown = self._revealed.shows
        self._forget()
        if shown != str(wanted):
            asked = self._asked
            work = reveal(self._kube.client, self._site.gate, self._namespace, wanted, f"on screen, of {self._whose}")
            self.fusion.submit(work, lambda value: self._show(asked, wanted, value), f"{wanted} is not shown")

    def _show(self, asked: int, wanted: SecretKey, value: Secret) -> None:
        if asked == self._asked:
            self._revealed.show(str(wanted), value)

    def _wanted(self) -> SecretKey | str:
        """What the selected row would reveal, or why it reveals nothing."""
        focused = self.focused
        row = focused.selected if isinstance(focused, GivenEnvironment | GivenSecrets) else None
        if row is None:
            return f"Select a key of a secret: one value is shown for {SHOWN:g} s, and recorded first."
        return row.wanted


async def _variables(client: KubeClient, pod: Pod) -> Sequence[VariableRow]:
    """Container by container, as the pod starts them."""
    names = [container.name for container in pod.containers if not container.init]
    found = await asyncio.gather(*(read_environment(client, pod.namespace, pod.name, name) for name in names))
    return [VariableRow(each, variable) for each in found for variable in each.variables or (NOTHING,)]


async def _config(client: KubeClient, namespace: str, pod: Pod | None) -> Sequence[ConfigKey]:
    found = [each for each in await config_maps(client, namespace) if pod is None or pod.name in each.used_by]
    return [ConfigKey(each, key) for each in found for key in each.data or ("",)]


async def _secrets(client: KubeClient, namespace: str, pod: Pod | None) -> Sequence[SecretRow]:
    found = [each for each in await secrets(client, namespace) if pod is None or pod.name in each.used_by]
    return [SecretRow(each, key) for each in found for key in each.keys or ("",)]
