"""The logs of runs that ended before the cluster was seeded."""

from __future__ import annotations

from sandbox.cluster.nodes.kubelet.record import ContainerRecord, Run
from sandbox.cluster.nodes.times import NANOS, nanos_of

_WORDS: dict[str, tuple[str, ...]] = {
    "wait-for-database": ("waiting for the database", "database answers, schema version 41"),
    "migrate": ("schema version 40", "applying 0041_swap_index.sql", "applied in 3.4s", "schema version 41",
                "migrated"),
    "backfill": (
        "backfill from block 839000", "839400 done", "839998 done",
        "error: missing block 839999: upstream answered 404 after 5 tries", "backfill stopped",
    ),
    "metrics-server": (
        'I1120 03:12:44.108233       1 scraper.go:149] Scraped metrics from 3 nodes',
        'E1120 03:13:41.774130       1 scraper.go:149] "Failed to scrape node" err="Get \\"https://10.20.12.41:10250/metrics/'
        'resource\\": context deadline exceeded" node="ip-10-20-12-41"',
        'E1120 03:13:46.002117       1 server.go:145] "Probe failed" probe="metric-storage-ready" err="no metrics"',
        "F1120 03:13:46.002911       1 main.go:61] shutting down: readiness lost for 60s",
    ),
}  # fmt: skip


def recall(record: ContainerRecord) -> None:
    """Fill the logs of the ended runs of a recalled container."""
    for run in (record.last, record.run):
        if run is not None and run.finished is not None and run.log.end == 0:
            _write(record.name, run)


def _write(name: str, run: Run) -> None:
    lines = _WORDS.get(name, ())
    end = nanos_of(run.finished or run.started)
    for number, text in enumerate(lines):
        run.log.write(text.encode(), at=end - (len(lines) - number) * NANOS // 3)
