"""Every line the pods wrote, once and in order, through rollouts and restarts; what cannot be had is said so."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from providers.kube.provider import Kube
from sandbox.cluster.cluster import Cluster
from sandbox.cluster.seams import Pace
from tests.contract.kube.comparison import compare
from tests.contract.kube.following import MINUTES, Followed, followed, following
from tests.contract.kube.following_real import LAB, RealGround
from tests.contract.kube.following_sandbox import SandboxGround
from tests.contract.kube.real import VARIABLE, real_namespace

Connect = Callable[..., Kube]
_log = logging.getLogger(__name__)


def test_the_comparison_finds_a_lost_and_a_doubled_line() -> None:
    written = {"relayer-a/relayer": range(1, 9), "relayer-b/relayer": range(101, 104)}
    read = {"relayer-a/relayer": [3, 4, 6, 6, 8, 7], "relayer-c/relayer": [9]}
    found = compare(written, read, begun=frozenset({"relayer-a/relayer"}))
    holes = {(hole.container, tuple(hole.lines), hole.before) for hole in found.holes}
    assert holes == {("relayer-a/relayer", (5,), 6), ("relayer-b/relayer", (101, 102, 103), None)}
    assert (found.written, found.read, found.lost) == (9, 7, 4)
    assert (found.doubled, found.foreign, found.disordered) == ([6], [9], [7])


@pytest.mark.timeout(120 + MINUTES * 60)
async def test_the_sandbox_loses_nothing(cluster: Cluster, connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    follow = await followed(SandboxGround(cluster, monkeypatch), connect("viewer"))
    found = follow.compared()
    _log.info("%s; %s", found, follow)
    assert found.written > 1000 and len(follow.entries()) == 9
    assert (found.holes, found.wrong) == ([], [])
    assert follow.reader.state.gaps == 0


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kubelet that looks into its files at once need not be waited for."""
    for name, value in {"PATIENCE": 0.6, "CERTAIN": 0.3, "VOLUME": 4096, "SMALLEST": 4096}.items():
        monkeypatch.setattr(f"providers.kube.logwatch.{name}", value)


async def _rotated(cluster: Cluster, kube: Kube, monkeypatch: pytest.MonkeyPatch, *, followed: bool) -> Followed:
    """Read on into the new files, to their end."""
    ground = SandboxGround(cluster, monkeypatch)
    async with following(ground, kube) as follow:
        await follow.reader.until(lambda: len(follow.reader.lines) > 300)
        ground.rotate(followed=followed)
        rotated = {name: len(lines) for name, lines in ground.written().items()}

        def gone_on() -> bool:
            written, read = ground.written(), follow.entries()
            return all(read[name][-1] in written[name][count:] for name, count in rotated.items())

        await follow.reader.until(gone_on)
        await follow.reader.until(lambda: follow.reader.state.unsure == (3 if followed else 0))
        await ground.finish()
        await follow.ended()
    return follow


def _streams(cluster: Cluster) -> int:
    return sum("follow=true" in entry.path for entry in cluster.request_log.entries)


async def test_a_stream_that_stays_at_a_rotated_file_is_left(
    cluster: Cluster, connect: Connect, monkeypatch: pytest.MonkeyPatch, quick: None
) -> None:
    follow = await _rotated(cluster, connect("viewer"), monkeypatch, followed=False)
    found = follow.compared()
    assert (found.holes, found.wrong) == ([], [])
    # Only of its end, where it was not read a second time, may it be unsure.
    assert {(gap.before, gap.sure) for gap in follow.reader.state.places} <= {(b"", False)}
    assert _streams(cluster) >= 6


async def test_a_rotation_that_a_stream_went_along_with_is_told(
    cluster: Cluster, connect: Connect, monkeypatch: pytest.MonkeyPatch, quick: None
) -> None:
    follow = await _rotated(cluster, connect("viewer"), monkeypatch, followed=True)
    found = follow.compared()
    assert (found.holes, found.wrong) == ([], [])
    assert follow.reader.state.gaps == 0
    assert {gap.sure for gap in follow.reader.state.places} == {False}


async def _deleted(cluster: Cluster, kube: Kube, monkeypatch: pytest.MonkeyPatch) -> Followed:
    """Rotated, and deleted before anybody could notice that the stream stayed behind."""
    ground = SandboxGround(cluster, monkeypatch)
    async with following(ground, kube) as follow:
        await follow.reader.until(lambda: len(follow.reader.lines) > 300)
        ground.rotate(followed=False)
        await ground.finish()
        await follow.ended()
    return follow


async def test_what_a_pod_says_when_it_is_deleted_is_read_from_its_new_file(
    tmp_path: Path, connect_to: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = await Cluster.start(tmp_path, pace=Pace(0.5))
    try:
        follow = await _deleted(slow, connect_to(slow.kubeconfigs["viewer"]), monkeypatch)
    finally:
        await slow.stop()
    found = follow.compared()
    assert (found.holes, found.wrong) == ([], [])


async def test_what_a_pod_said_that_went_too_fast_is_told_to_be_unsure(
    cluster: Cluster, connect: Connect, monkeypatch: pytest.MonkeyPatch, quick: None
) -> None:
    follow = await _deleted(cluster, connect("viewer"), monkeypatch)
    found = follow.compared()
    assert found.lost > 0
    assert (follow.unsaid(found), found.wrong) == ([], [])
    assert follow.reader.state.unsure == 3


@pytest.mark.real_cluster
@pytest.mark.skipif(VARIABLE not in os.environ, reason=f"{VARIABLE} is not set")
@pytest.mark.timeout(300 + MINUTES * 60)
async def test_a_real_kubelet_that_rotates_loses_nothing_unsaid(connect_to: Connect, tmp_path: Path) -> None:
    if not (LAB / "run" / "kube-apiserver.pid").exists():
        pytest.skip("the API server of this cluster is out of reach")
    async with real_namespace() as real:
        ground = RealGround(real, tmp_path)
        await ground.begin()
        follow = await followed(ground, connect_to(Path(os.environ[VARIABLE]), real.name))
    found = follow.compared()
    _log.info("%s; %s; %s rotations", found, follow, len(ground.rotations))
    assert len(ground.rotations) >= 3
    assert (found.wrong, follow.unsaid(found)) == ([], [])
