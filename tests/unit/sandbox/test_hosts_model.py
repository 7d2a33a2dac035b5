"""A machine is a function of its seed, its condition and the time."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.cluster.nodes.estate.machines import MACHINES
from sandbox.cluster.nodes.vitals import load_of, memory_of
from sandbox.hosts.commands.disk import human_size
from sandbox.hosts.commands.moments import moment
from sandbox.hosts.commands.runtime import ago
from sandbox.hosts.facts import Condition, Filled, Scraper
from sandbox.hosts.journal import KEPT
from sandbox.hosts.model import ROOT, Model
from sandbox.hosts.processes import processes_of
from sandbox.hosts.tenants import planted, probed, scrapers, tenants_of
from sandbox.noise import Noise

NOW = datetime(2026, 11, 25, 6, 37, 46, tzinfo=UTC).timestamp()
DAY = 86_400.0
MACHINE = MACHINES[0]
MODEL = Model(
    MACHINE, Noise(7), NOW - 34 * DAY, scrapers=(Scraper("Prometheus/3.4.0", "/metrics", 30.0, "10.20.13.40"),)
)


# -- the journal


@given(st.floats(0, 3000), st.floats(0, 3000))
def test_the_journal_is_the_same_however_it_is_read(first: float, second: float) -> None:
    journal, start = MODEL.journal, NOW - 3000
    middle, end = sorted((start + first, start + second))
    whole = [*journal.between(start, end)]
    assert [*journal.between(start, middle), *journal.between(middle, end)] == whole
    assert whole == sorted(whole, key=lambda line: line.at)
    assert next((line.at for line in whole), end + 20) >= min(journal.next_after(start), end)


def test_the_journal_forgets_what_is_older_than_a_day() -> None:
    lines = [*MODEL.journal.between(0, NOW)]
    assert NOW - KEPT - 11 < lines[0].at < NOW - KEPT + 11
    assert 10 < len(lines) / (KEPT / 60) < 20


def test_a_condition_changes_nothing_that_was_before_it() -> None:
    worse = MODEL.worse(Condition(filled=Filled(NOW, 0.97)))
    assert [*worse.journal.between(NOW - 600, NOW)] == [*MODEL.journal.between(NOW - 600, NOW)]
    after = [line.text for line in worse.journal.between(NOW, NOW + 60)]
    assert any("attempting to reclaim" in text for text in after)
    assert not any("no resources are starved" in text for text in after)


# -- figures


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.ip)
def test_memory_adds_up_and_moves_slowly(machine: object) -> None:
    held = MACHINES[MACHINES.index(machine)]  # type: ignore[arg-type]
    noise, before = Noise(7), None
    for second in range(0, 3600, 5):
        memory = memory_of(held, noise, NOW + second)
        assert memory.used + memory.free + memory.cache == memory.total
        assert 0 < memory.free < memory.available < memory.total
        if before is not None:
            assert abs(memory.available - before) < 20_000
        before = memory.available


def test_long_averages_move_less_than_short_ones() -> None:
    loads = [load_of(MACHINE, Noise(7), NOW + 15 * step) for step in range(240)]

    def swing(values: list[float]) -> float:
        return sum(abs(b - a) for a, b in pairwise(values))

    one, five, fifteen = (swing([getattr(load, name) for load in loads]) for name in ("one", "five", "fifteen"))
    assert one > five > fifteen > 0


def test_a_full_disk_has_no_room_and_few_inodes() -> None:
    root = next(disk for disk in MODEL.worse(Condition(filled=Filled(NOW, 1.0))).disks(NOW) if disk.mount == ROOT)
    assert (root.free, root.used) == (0, root.size)
    well = next(disk for disk in MODEL.disks(NOW) if disk.mount == ROOT)
    assert root.inodes < well.inodes / 50 and root.inodes_free > 0


def test_a_wrong_clock_is_seen_by_chrony_and_by_whoever_asks_the_time() -> None:
    late = MODEL.worse(Condition(skew=-42.0))
    assert late.now(NOW) == NOW - 42
    assert round(late.clock(NOW).offset, 3) == -42


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0"), (1023, "1023"), (1024, "1.0K"), (1025, "1.1K"), (10_239, "10K"), (10_240, "10K"), (10_241, "11K"),
        (1_048_575, "1.0M"), (4_096 * 1024, "4.0M"), (83_873_772 * 1024, "80G"), (7_950_000 * 1024, "7.6G"),
    ],
)  # fmt: skip
def test_sizes_are_rounded_up_as_the_coreutils_do(size: int, text: str) -> None:
    assert human_size(size) == text


# -- words


@pytest.mark.parametrize(
    ("text", "back"),
    [
        ("now", 0), ("-1h", 3600), ("-1h30min", 5400), ("10 min ago", 600), ("2 hours ago", 7200), ("1d ago", DAY),
        ("today", 6 * 3600 + 37 * 60 + 46), ("yesterday", 6 * 3600 + 37 * 60 + 46 + DAY), (f"@{NOW - 5:.0f}", 5),
        ("2026-11-25 06:00:00", 37 * 60 + 46), ("2026-11-25 06:37", 46), ("06:30 UTC", 7 * 60 + 46),
        ("2026-11-24", 6 * 3600 + 37 * 60 + 46 + DAY), ("Wed 2026-11-25 06:37:40.5 UTC", 5.5),
    ],
)  # fmt: skip
def test_moments_as_systemd_reads_them(text: str, back: float) -> None:
    assert moment(text, NOW) == pytest.approx(NOW - back)


@pytest.mark.parametrize(
    "text", ["", "yonder", "5 parsecs ago", "-", "@x", "2026-13-01", "2026-11-25T06:00:00Z", "25:xx"]
)
def test_moments_that_systemd_refuses(text: str) -> None:
    assert moment(text, NOW) is None


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.4, "Less than a second"), (1, "1 second"), (59, "59 seconds"), (60, "About a minute"), (185, "3 minutes"),
        (3600, "About an hour"), (5 * 3600, "5 hours"), (3 * DAY, "3 days"), (34 * DAY, "4 weeks"),
        (90 * DAY, "3 months"), (800 * DAY, "2 years"),
    ],
)  # fmt: skip
def test_ages_as_the_runtime_says_them(seconds: float, text: str) -> None:
    assert ago(seconds) == text


# -- what runs


async def test_every_container_is_on_one_machine() -> None:
    pods = list((await planted(7))())
    tenants = {machine.name: tenants_of(machine.name, pods) for machine in MACHINES}
    ids = [tenant.id for held in tenants.values() for tenant in held]
    running = sum(
        len(pod["status"].get("containerStatuses", [])) for pod in pods if pod["status"]["phase"] == "Running"
    )
    assert len(set(ids)) == len(ids)
    assert sum(tenant.running for held in tenants.values() for tenant in held) == running
    assert {scraper.agent.partition("/")[0] for scraper in scrapers(pods)} == {"metrics-server", "Prometheus"}
    assert all(held.url.startswith("http://10.20.11.") for held in probed(MACHINE.name, pods))


@pytest.mark.parametrize(("state", "attempts"), [("running", [3, 2]), ("waiting", [3])])
def test_attempts_count_from_the_newest_run(state: str, attempts: list[int]) -> None:
    run = {"startedAt": "2026-11-25T06:00:00Z", "containerID": "containerd://aa"}
    last = {"terminated": {**run, "startedAt": "2026-11-25T05:00:00Z", "containerID": "containerd://bb"}}
    status = {
        "name": "relayer", "imageID": "x", "restartCount": 3, "containerID": "containerd://aa", "lastState": last,
        "state": {state: run if state == "running" else {"reason": "CrashLoopBackOff"}},
    }  # fmt: skip
    pod = {
        "metadata": {"name": "p", "namespace": "n", "uid": "u"}, "spec": {"nodeName": "node"},
        "status": {"containerStatuses": [status]},
    }  # fmt: skip
    assert [tenant.attempt for tenant in tenants_of("node", [pod])] == attempts
    assert tenants_of("elsewhere", [pod]) == []


@pytest.mark.parametrize("seed", range(5))
async def test_no_two_processes_share_a_pid(seed: int) -> None:
    pods = list((await planted(seed))())
    for machine in MACHINES:
        found = processes_of(machine, Noise(seed), tenants_of(machine.name, pods), NOW, NOW - 34 * DAY)
        assert len({process.pid for process in found}) == len(found) > 80
