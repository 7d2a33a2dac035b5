"""What the provider reads is what the cluster says: one suite, for the sandbox and for a real cluster."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest
import pytest_asyncio

from providers.core.check import Verdict, run_check
from providers.core.config import BRIDGE, Kubernetes, Thresholds
from providers.core.errors import Denied, NotFound
from providers.kube.describe import PATHS, page
from providers.kube.environment import read_environment
from providers.kube.exec import run_in
from providers.kube.inventory import config_maps, secrets
from providers.kube.logs import LogSource, LogTarget
from providers.kube.manifest import yaml_lines
from providers.kube.provider import Kube
from providers.kube.rollouts import history
from providers.kube.values import Pod
from providers.logs.line import Line
from sandbox.cluster.cluster import Cluster
from sandbox.cluster.seams import Pace
from tests.contract.kube.real import VARIABLE

NS, RELAYER, RESOLVER = "fusion-bitcoin", "fusion-bitcoin-relayer", "fusion-bitcoin-resolver"
TABLE = {"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io"}
pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass
class Subject:
    """One cluster with the bridge on it."""

    kubeconfigs: Callable[[str], Path]
    opened: list[Kube] = field(default_factory=list)

    def __call__(self, user: str) -> Kube:
        """A provider as one of its users."""
        settings = Kubernetes(kubeconfig=str(self.kubeconfigs(user)))
        self.opened.append(Kube("test", settings, BRIDGE, Thresholds()))
        return self.opened[-1]


@pytest_asyncio.fixture(
    scope="module",
    loop_scope="module",
    params=[
        "sandbox",
        pytest.param(
            "real",
            marks=[
                pytest.mark.real_cluster,
                pytest.mark.skipif(VARIABLE not in os.environ, reason=f"{VARIABLE} is not set"),
            ],
        ),
    ],
)
async def kubeconfigs(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Callable[[str], Path]]:
    if request.param == "real":
        yield lambda user: Path(os.environ[VARIABLE]).with_name(f"{user}.kubeconfig")
        return
    cluster = await Cluster.start(tmp_path_factory.mktemp("cluster"), pace=Pace(1))
    yield lambda user: cluster.kubeconfigs[user]
    await cluster.stop()


@pytest_asyncio.fixture(loop_scope="module")
async def subject(kubeconfigs: Callable[[str], Path]) -> AsyncIterator[Subject]:
    given = Subject(kubeconfigs)
    yield given
    for kube in given.opened:
        await kube.__aexit__(None, None, None)


async def _pods(kube: Kube, app: str) -> list[Pod]:
    return [pod for pod in await kube.pods.first() if pod.labels.get("app") == app and pod.status == "Running"]


async def _printed(kube: Kube, path: str) -> list[dict[str, Any]]:
    """The rows the server itself would print, by column name."""
    access = await kube.client._credentials()
    headers = kube.client._headers(access) | TABLE
    session: aiohttp.ClientSession = kube.client._connected(access)
    async with session.get(access.host + path, headers=headers) as response:
        table = await response.json()
    names = [column["name"] for column in table["columnDefinitions"]]
    return [dict(zip(names, row["cells"], strict=True)) for row in table["rows"]]


async def test_every_feed_yields(subject: Subject) -> None:
    kube = subject("admin")
    empty = {name for name, feed in kube.feeds.items() if not await feed.first()}
    # A real cluster may run its own parts outside of pods.
    assert empty <= {"system_pods"}
    light = await kube.light.first()
    assert light.version.startswith("v1.")
    assert abs(light.skew) < 5


async def test_pods_are_what_the_server_prints(subject: Subject) -> None:
    kube = subject("admin")
    # Between the two reads a container may crash or come back; then both are read again.
    for _ in range(5):
        seen = {p.name: (p.status, p.ready, p.restarts) for p in await kube.pods.first()}
        printed = {
            row["Name"]: (row["Status"], row["Ready"], int(str(row["Restarts"]).split()[0]))
            for row in await _printed(kube, f"/api/v1/namespaces/{NS}/pods")
        }
        if seen == printed:
            return
    assert seen == printed


async def test_deployments_are_what_the_server_prints(subject: Subject) -> None:
    kube = subject("viewer")
    seen = {d.name: f"{d.ready}/{d.desired}" for d in await kube.deployments.first()}
    rows = await _printed(kube, f"/apis/apps/v1/namespaces/{NS}/deployments")
    assert seen == {row["Name"]: row["Ready"] for row in rows}


async def test_nobody_is_told_which_right_is_missing(subject: Subject) -> None:
    with pytest.raises(Exception, match='cannot list resource "pods"') as caught:
        await subject("nobody").pods.first()
    assert "list pods in fusion-bitcoin" in str(getattr(caught.value, "fix", ""))


async def test_rights_are_told_by_the_cluster(subject: Subject) -> None:
    permits = {permit.right: permit.allowed for permit in await subject("viewer").permits()}
    assert permits[f"list pods in {NS}"] is True
    assert permits[f"patch deployments.apps in {NS}"] is False
    assert permits[f"list secrets in {NS}"] is False


async def test_every_kind_is_described(subject: Subject) -> None:
    kube = subject("admin")
    pod = (await _pods(kube, RELAYER))[0]
    replicaset = next(r for r in await kube.replicasets.first() if r.name.startswith(RELAYER))
    secret = next(iter(await secrets(kube.client, NS)))
    config = next(iter(await config_maps(kube.client, NS)))
    service = (await kube.service_list.first())[0]
    event = (await kube.events.first())[0]
    names = {
        "pod": pod.name, "deployment": RELAYER, "replicaset": replicaset.name, "node": pod.node,
        "secret": secret.name, "configmap": config.name, "service": service.name, "endpoints": service.name,
        "event": event.name,
    }  # fmt: skip
    for kind in PATHS.keys() & names.keys():
        sections = await page(kube.client, kind, NS, names[kind])
        assert sections and all(section.lines for section in sections), kind
        assert "unknown" not in sections[0].title.lower()


async def test_what_is_not_there_is_said_so(subject: Subject) -> None:
    with pytest.raises(NotFound, match="no-such-pod"):
        await page(subject("viewer").client, "pod", NS, "no-such-pod")


async def test_a_manifest_shows_no_secret(subject: Subject) -> None:
    kube = subject("admin")
    for entry in await secrets(kube.client, NS):
        manifest = await kube.client.object(f"/api/v1/namespaces/{NS}/secrets/{entry.name}")
        text = "\n".join(yaml_lines(manifest))
        assert entry.name in text
        assert not [coded for coded in (manifest.get("data") or {}).values() if coded and coded in text]


async def test_secrets_are_denied_to_whoever_may_not(subject: Subject) -> None:
    with pytest.raises(Denied) as caught:
        await secrets(subject("viewer").client, NS)
    assert caught.value.permission == f"list secrets in {NS}"


async def test_every_revision_is_known(subject: Subject) -> None:
    past = await history(subject("viewer").client, NS, RELAYER)
    assert len(past.revisions) >= 3
    assert [r.number for r in past.revisions] == sorted((r.number for r in past.revisions), reverse=True)
    assert past.current is not None and past.current.ready == 3
    assert all(revision.changes for revision in past.revisions if not revision.current)


async def test_the_environment_of_a_container(subject: Subject) -> None:
    kube = subject("oncall")
    pod = (await _pods(kube, RELAYER))[0]
    found = await read_environment(kube.client, NS, pod.name, pod.containers[0].name)
    assert found.instead == ""
    assert {"PATH", "HOSTNAME"} & {variable.name for variable in found.variables}


async def test_a_command_ends_with_its_own_code(subject: Subject) -> None:
    kube = subject("oncall")
    pod = (await _pods(kube, RELAYER))[0]
    ended = await run_in(kube.client, NS, pod.name, pod.containers[0].name, ["sh", "-c", "echo out; exit 3"])
    assert (ended.exit_code, ended.stdout.strip()) == (3, b"out")


async def test_exec_is_denied_to_a_viewer(subject: Subject) -> None:
    kube = subject("viewer")
    pod = (await _pods(kube, RELAYER))[0]
    with pytest.raises(Denied, match="pods"):
        await run_in(kube.client, NS, pod.name, pod.containers[0].name, ["true"])


async def test_logs_of_a_deployment_are_merged_by_time(subject: Subject) -> None:
    kube = subject("viewer")
    names = {pod.name for pod in await _pods(kube, RELAYER)}
    lines: list[Line] = []
    target = LogTarget(NS, selector=f"app={RELAYER}", tail=20, follow=False)
    async with aclosing(LogSource(kube.client, kube.pods, target).batches()) as batches:
        async for batch in batches:
            lines += batch.lines
    assert {line.origin.name for line in lines} == names
    assert len(lines) == 20 * len(names)
    assert [line.stamp for line in lines] == sorted(line.stamp for line in lines)
    assert all(msgspec.json.decode(line.text) for line in lines)


async def test_a_follow_gives_each_line_once(subject: Subject) -> None:
    kube = subject("viewer")
    pod = (await _pods(kube, RESOLVER))[0]
    seen: list[Line] = []
    target = LogTarget(NS, pod=pod.name, tail=5)
    async with aclosing(LogSource(kube.client, kube.pods, target).batches()) as batches:
        async for batch in batches:
            seen += batch.lines
            if len(seen) > 5 * len(pod.containers):
                break
    assert {stream.state for stream in batch.state.streams} <= {"live", "ended", "waiting"}
    assert len({(one.origin, one.stamp, one.text) for one in seen}) == len(seen)


async def test_every_question_is_answered(subject: Subject) -> None:
    kube = subject("admin")
    for check in kube.checks:
        findings = await run_check(check)
        assert all(f.evidence or f.verdict is Verdict.PASS for f in findings), check.id
        assert not [f for f in findings if f.verdict is Verdict.UNKNOWN and f.fix.startswith("ask for")], check.id
