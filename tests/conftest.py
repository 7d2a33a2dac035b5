"""Fixtures of the whole suite: a cluster in this process, on this test's loop."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sandbox.cluster.cluster import Cluster
from sandbox.cluster.seams import Pace

PACE = 30.0
"""How much faster than life the cluster of the tests is."""


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[Cluster]:
    """A seeded sandbox cluster of the test's own."""
    directory = tmp_path / "cluster"
    directory.mkdir(mode=0o700)
    started = await Cluster.start(directory, pace=Pace(PACE))
    yield started
    await started.stop()
