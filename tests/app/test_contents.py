"""What a pod was given can be read; what is secret in it one value at a time, recorded first, for ten seconds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiohttp import web

from sandbox.cluster.cluster import Cluster
from sandbox.cluster.trouble import Trouble
from screens.services.contents import ContentsScreen
from screens.services.given import GivenConfig, GivenEnvironment, GivenSecrets
from tests.app.bridge import NAMESPACE, Bridge, on_cluster
from tui.reveal import Revealed
from tui.table import TablePanel

DATABASE = "fusion-bitcoin-db"
SIGNING = "fusion-bitcoin-signing-key"
CONFIG = "fusion-bitcoin-config"


class Watched(Trouble):
    """Notes what the trail held when a secret was asked for; `hold` keeps the answer back."""

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._bridge = bridge
        self.recorded: list[list[str]] = []
        self.answered = asyncio.Event()
        self.answered.set()

    async def before(self, request: web.Request) -> None:
        if "/secrets/" in request.path:
            self.recorded.append([f"{e.kind} {e.target}" for e in self._bridge.trail()])
            await self.answered.wait()
        await super().before(request)


@asynccontextmanager
async def contents_of(path: Path, cluster: Cluster, part: str, user: str = "oncall") -> AsyncIterator[Bridge]:
    """The contents of a pod, read."""
    async with on_cluster(path, cluster, user, size=(140, 70)) as bridge:
        await bridge.at_pod(part)
        await bridge.pilot.press("c")
        await bridge.until(lambda: isinstance(bridge.app.screen, ContentsScreen))
        await bridge.read()
        yield bridge


async def go(bridge: Bridge, panel: type[TablePanel[Any]], identity: str) -> None:
    """Put the cursor on a row."""
    table = bridge.app.screen.query_one(panel)
    table.focus()
    table.action_top()
    table.action_move([table.identity(row) for row in table._rows].index(identity))


def secrets(bridge: Bridge) -> list[str]:
    names = ((DATABASE, "password"), (DATABASE, "url"), (SIGNING, "key.hex"), ("fusion-bitcoin-redis", "auth"))
    return [bridge.secret(name, key) for name, key in names]


async def test_everything_is_masked_at_first(tmp_path: Path, cluster: Cluster) -> None:
    async with contents_of(tmp_path, cluster, "relayer") as bridge:
        for seen in ("DATABASE_PASSWORD", "CONFIRMATIONS", CONFIG, "key.hex"):
            await bridge.shows(seen)
        assert not any(value in bridge.text() for value in secrets(bridge))
        await bridge.pilot.press("G")
        await bridge.shows(f"••• secret {SIGNING}/key")
        assert not any(value in bridge.text() for value in secrets(bridge))
        assert bridge.trail("reveal") == []


async def test_a_value_is_recorded_before_it_is_read_and_shown_for_ten_seconds(
    tmp_path: Path, cluster: Cluster
) -> None:
    async with contents_of(tmp_path, cluster, "relayer") as bridge:
        watched = cluster.server.trouble = Watched(bridge)
        value = bridge.secret(DATABASE, "password")
        await go(bridge, GivenSecrets, f"{DATABASE}/password")
        await bridge.pilot.press("x")
        await bridge.shows(value)
        await bridge.shows("masked again in 10 s")
        assert watched.recorded == [[f"reveal secret/{DATABASE}"]]
        (entry,) = bridge.trail("reveal")
        assert (entry.message, entry.who.kube_user) == (f"key password in {NAMESPACE}", "oncall")
        bridge.clock.seconds += 9
        await bridge.shows("masked again in 1 s")
        assert value in bridge.text()
        bridge.clock.seconds += 1
        await bridge.lacks(value)
        await bridge.lacks("masked again")
        assert value not in bridge.audit.directory.joinpath("audit.jsonl").read_text()


async def test_a_variable_of_a_secret_reveals_the_key_it_comes_from(tmp_path: Path, cluster: Cluster) -> None:
    async with contents_of(tmp_path, cluster, "relayer") as bridge:
        await go(bridge, GivenEnvironment, "relayer/SIGNING_KEY")
        await bridge.pilot.press("x")
        await bridge.shows(bridge.secret(SIGNING, "key.hex"))
        assert [e.target for e in bridge.trail("reveal")] == [f"secret/{SIGNING}"]


async def test_what_is_no_secret_says_so_and_is_not_recorded(tmp_path: Path, cluster: Cluster) -> None:
    async with contents_of(tmp_path, cluster, "relayer") as bridge:
        await go(bridge, GivenEnvironment, "relayer/LOG_LEVEL")
        await bridge.pilot.press("x")
        await bridge.until(lambda: "LOG_LEVEL is not secret" in bridge.said())
        bridge.app.screen.query_one(GivenConfig).focus()
        await bridge.pilot.press("x")
        await bridge.until(lambda: "Select a key of a secret" in bridge.said())
        assert bridge.trail("reveal") == []
        assert cluster.request_log.count("GET", "/secrets/") == 0


async def test_one_value_at_a_time_and_the_key_again_masks_it(tmp_path: Path, cluster: Cluster) -> None:
    async with contents_of(tmp_path, cluster, "relayer") as bridge:
        password, auth = bridge.secret(DATABASE, "password"), bridge.secret("fusion-bitcoin-redis", "auth")
        await go(bridge, GivenSecrets, f"{DATABASE}/password")
        await bridge.pilot.press("x")
        await bridge.shows(password)
        await go(bridge, GivenSecrets, "fusion-bitcoin-redis/auth")
        await bridge.pilot.press("x")
        await bridge.shows(auth)
        assert password not in bridge.text()
        await bridge.pilot.press("x")
        await bridge.lacks(auth)
        assert len(bridge.trail("reveal")) == 2


async def test_leaving_the_screen_in_any_way_masks(tmp_path: Path, cluster: Cluster) -> None:
    async with contents_of(tmp_path, cluster, "relayer") as bridge:
        value = bridge.secret(DATABASE, "password")
        for leaving in ("question_mark", "slash", "colon"):
            await go(bridge, GivenSecrets, f"{DATABASE}/password")
            await bridge.pilot.press("x")
            await bridge.shows(value)
            await bridge.pilot.press(leaving, "escape")
            await bridge.until(lambda: isinstance(bridge.app.screen, ContentsScreen))
            assert value not in bridge.text()
        await bridge.pilot.press("x")
        await bridge.shows(value)
        revealed = bridge.app.screen.query_one(Revealed)
        await bridge.pilot.press("escape")
        await bridge.until(lambda: not isinstance(bridge.app.screen, ContentsScreen))
        assert revealed.shows == ""
        assert value not in bridge.text()


async def test_an_answer_that_comes_after_leaving_is_not_shown(tmp_path: Path, cluster: Cluster) -> None:
    async with contents_of(tmp_path, cluster, "relayer") as bridge:
        watched = cluster.server.trouble = Watched(bridge)
        watched.answered.clear()
        await go(bridge, GivenSecrets, f"{DATABASE}/password")
        await bridge.pilot.press("x")
        await bridge.until(lambda: watched.recorded)
        await bridge.pilot.press("question_mark", "escape")
        watched.answered.set()
        await bridge.until(lambda: cluster.request_log.count("GET", f"/secrets/{DATABASE}"))
        await go(bridge, GivenSecrets, "fusion-bitcoin-redis/auth")
        await bridge.pilot.press("x")
        await bridge.shows(bridge.secret("fusion-bitcoin-redis", "auth"))
        assert bridge.secret(DATABASE, "password") not in bridge.text()


async def test_no_screenshot_and_no_selection_has_the_value(tmp_path: Path, cluster: Cluster) -> None:
    async with contents_of(tmp_path, cluster, "relayer") as bridge:
        value = bridge.secret(SIGNING, "key.hex")
        await go(bridge, GivenSecrets, f"{SIGNING}/key.hex")
        await bridge.pilot.press("x")
        await bridge.shows(value)
        bridge.app.screen.text_select_all()
        assert value not in (bridge.app.screen.get_selected_text() or "")
        assert value not in bridge.app.export_screenshot()
        await bridge.lacks(value)


async def test_whoever_may_not_read_secrets_is_told_which_right_is_missing(tmp_path: Path, cluster: Cluster) -> None:
    async with contents_of(tmp_path, cluster, "relayer", "viewer") as bridge:
        await bridge.shows(f"NOT FROM THE CONTAINER: get pods/exec in {NAMESPACE}")
        await bridge.shows(f"list secrets in {NAMESPACE} is missing")
        await go(bridge, GivenEnvironment, "relayer/DATABASE_PASSWORD")
        await bridge.pilot.press("x")
        await bridge.until(lambda: f"get secrets in {NAMESPACE}" in bridge.said())
        assert bridge.app.screen.query_one(Revealed).shows == ""
        # The attempt is on record like every other.
        assert [e.who.kube_user for e in bridge.trail("reveal")] == ["viewer"]


async def test_what_cannot_be_recorded_is_not_read(tmp_path: Path, cluster: Cluster) -> None:
    async with contents_of(tmp_path, cluster, "relayer") as bridge:
        bridge.audit.directory.parent.mkdir(parents=True, exist_ok=True)
        bridge.audit.directory.write_text("a file where the directory should be")
        await go(bridge, GivenSecrets, f"{DATABASE}/password")
        await bridge.pilot.press("x")
        await bridge.until(lambda: "is not shown: the audit trail" in bridge.said())
        assert bridge.secret(DATABASE, "password") not in bridge.text()
        assert cluster.request_log.count("GET", "/secrets/") == 0


async def test_a_config_map_that_changed_under_its_pods_is_marked_and_opens_whole(
    tmp_path: Path, cluster: Cluster
) -> None:
    def raise_fee(config: dict[str, Any]) -> None:
        config["data"]["MAX_FEE_SAT_VB"] = "400"
        at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        writer = {"manager": "kubectl-edit", "operation": "Update", "time": at, "fieldsV1": {"f:data": {}}}
        config["metadata"]["managedFields"] = [writer]

    cluster.store.modify("configmaps", NAMESPACE, CONFIG, raise_fee)
    async with contents_of(tmp_path, cluster, "resolver") as bridge:
        await go(bridge, GivenConfig, f"{CONFIG}/relayer.yaml")
        await bridge.shows("confirmations: 6 …(+")
        await bridge.shows(f"changed {datetime.now(UTC):%Y-%m-%d}")
        await bridge.pilot.press("enter")
        await bridge.shows("claim_margin_s: 900")
        await bridge.pilot.press("escape")
        await bridge.until(lambda: isinstance(bridge.app.screen, ContentsScreen))


async def test_every_container_is_listed_and_the_filter_narrows(tmp_path: Path, cluster: Cluster) -> None:
    async with contents_of(tmp_path, cluster, "resolver") as bridge:
        table = bridge.app.screen.query_one(GivenEnvironment)
        assert {row.of.container for row in table._rows} == {"resolver", "telemetry"}
        table.focus()
        await bridge.pilot.press("slash", *"redis", "enter")
        await bridge.until(lambda: table._rows and all("REDIS" in row.variable.name for row in table._rows))


async def test_without_a_pod_it_is_the_namespace_and_refresh_reads_again(tmp_path: Path, cluster: Cluster) -> None:
    async with on_cluster(tmp_path, cluster) as bridge:
        await bridge.shows("fusion-bitcoin-relayer")
        await bridge.pilot.press("c")
        await bridge.shows(f"namespace {NAMESPACE}")
        await bridge.shows("fusion-bitcoin-tls")
        before = cluster.request_log.count("GET", "/secrets")
        await bridge.pilot.press("ctrl+r")
        await bridge.until(lambda: cluster.request_log.count("GET", "/secrets") > before)
