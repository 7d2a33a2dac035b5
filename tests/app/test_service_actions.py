"""Actions that have to be told something: the form, its fields, and a rollout watched from its screen."""

from __future__ import annotations

from pathlib import Path

from textual import events

from sandbox.cluster.cluster import Cluster
from screens.services.panels import Workloads
from screens.services.rollouts import RolloutPanel, RolloutsScreen
from tests.app.bridge import NAMESPACE, Bridge, on_cluster
from tui.confirm import Confirm
from tui.field import Field
from tui.menu import ActionMenu
from tui.options import OptionsForm

NAME = "fusion-bitcoin-relayer"
SIZE = (120, 40)


async def _at_relayer(bridge: Bridge) -> None:
    await bridge.read()
    workloads = bridge.app.screen_stack[0].query_one(Workloads)
    workloads.focus()
    workloads.action_top()
    workloads.action_move(next(at for at, w in enumerate(workloads._rows) if w.name == NAME))


async def _form(bridge: Bridge, downs: int) -> OptionsForm:
    """The options of the menu's entry that many below the first."""
    await _at_relayer(bridge)
    await bridge.pilot.press("a")
    await bridge.until(lambda: isinstance(bridge.app.screen, ActionMenu))
    await bridge.pilot.press(*["j"] * downs, "enter")
    await bridge.until(lambda: isinstance(bridge.app.screen, OptionsForm))
    form = bridge.app.screen
    assert isinstance(form, OptionsForm)
    return form


async def test_the_form_starts_with_what_is_and_the_plan_has_what_was_typed(cluster: Cluster, tmp_path: Path) -> None:
    async with on_cluster(tmp_path, cluster, size=SIZE) as bridge:
        form = await _form(bridge, 2)
        assert form.query_one("#replicas", Field).value == "3"
        await bridge.pilot.press("backspace", "5", "enter")
        await bridge.until(lambda: isinstance(bridge.app.screen, Confirm))
        await bridge.shows("replicas: 3 → 5")


async def test_a_mistake_comes_back_with_what_was_typed(cluster: Cluster, tmp_path: Path) -> None:
    async with on_cluster(tmp_path, cluster, size=SIZE) as bridge:
        await _form(bridge, 2)
        await bridge.pilot.press("backspace", *"many", "enter")
        await bridge.shows("replicas are a number from 0")
        await bridge.until(lambda: isinstance(bridge.app.screen, OptionsForm))
        assert bridge.app.screen.query_one("#replicas", Field).value == "many"
        await bridge.pilot.press("escape")
        assert not [e for e in cluster.request_log.entries if e.method == "PATCH"]


async def test_a_field_left_as_it_stood_is_no_wish(cluster: Cluster, tmp_path: Path) -> None:
    """What the form was filled with may be old by the time it is sent: only what was typed goes into the plan."""
    async with on_cluster(tmp_path, cluster, size=SIZE) as bridge:
        form = await _form(bridge, 4)
        assert form.query_one("#memory_limit", Field).value == "1024Mi"
        form.query_one("#memory_limit", Field).value = "2Gi"
        cluster.store.modify(
            "deployments.apps",
            NAMESPACE,
            NAME,
            lambda d: d["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"].update(cpu="3"),
        )
        await bridge.pilot.press("enter")
        await bridge.until(lambda: isinstance(bridge.app.screen, Confirm))
        await bridge.shows("relayer limits memory")
        assert "limits cpu" not in bridge.text()


async def test_o_asks_for_options_that_have_a_default(cluster: Cluster, tmp_path: Path) -> None:
    async with on_cluster(tmp_path, cluster, size=SIZE) as bridge:
        await _at_relayer(bridge)
        await bridge.pilot.press("a")
        await bridge.until(lambda: isinstance(bridge.app.screen, ActionMenu))
        await bridge.pilot.press("o")
        await bridge.until(lambda: isinstance(bridge.app.screen, OptionsForm))
        await bridge.pilot.press("1", "enter")
        await bridge.until(lambda: isinstance(bridge.app.screen, Confirm))
        await bridge.shows("to revision 1")


async def test_keys_that_come_at_once_are_taken_in_their_order(cluster: Cluster, tmp_path: Path) -> None:
    async with on_cluster(tmp_path, cluster, size=SIZE) as bridge:
        form = await _form(bridge, 3)
        field = form.query_one("#image", Field)
        before = field.value
        for key, sign in (*[("backspace", None)] * 3, ("9", "9"), ("full_stop", "."), ("1", "1")):
            field.post_message(events.Key(key, sign))
        await bridge.until(lambda: field.value == f"{before[:-3]}9.1")


async def test_a_rollout_is_watched_with_the_pod_that_holds_it_back(cluster: Cluster, tmp_path: Path) -> None:
    async with on_cluster(tmp_path, cluster, size=SIZE) as bridge:
        await _at_relayer(bridge)
        await bridge.pilot.press("r")
        await bridge.until(lambda: isinstance(bridge.app.screen, RolloutsScreen))
        await bridge.shows("100 %   revision 3 complete")
        cluster.store.modify(
            "deployments.apps",
            NAMESPACE,
            NAME,
            lambda d: d["spec"]["template"]["spec"]["containers"][0].update(image="registry.example/lost:1"),
        )
        await bridge.shows("revision 4 progressing")
        await bridge.shows("held back by fusion-bitcoin-relayer-")
        await bridge.until(lambda: bridge.app.screen.query_one(RolloutPanel).current)
