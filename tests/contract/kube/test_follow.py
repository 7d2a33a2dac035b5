"""Every line the pods wrote, once and in order, through rollouts and restarts; what cannot be had is said so."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from providers.kube.provider import Kube
from sandbox.cluster.cluster import Cluster
from tests.contract.kube.comparison import compare
from tests.contract.kube.following import MINUTES, followed
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
    for hole in found.holes:
        _log.info("hole %s %s..%s", hole.container, hole.lines[0], hole.lines[-1])
    for gap in follow.reader.state.places:
        _log.info("place %s %s %s", gap.origin.label, gap.before, gap.why)
    assert len(ground.rotations) >= 3
    assert (found.wrong, follow.unsaid(found)) == ([], [])
