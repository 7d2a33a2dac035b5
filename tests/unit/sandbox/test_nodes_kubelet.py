"""Logs, back-off, records and status of the kubelet."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from sandbox.cluster.nodes.kubelet.backoff import BackOff, spelled
from sandbox.cluster.nodes.kubelet.logring import LineClock, LogRing
from sandbox.cluster.nodes.kubelet.record import ContainerRecord, Run, recalled
from sandbox.cluster.nodes.kubelet.status import Placement, pod_status
from sandbox.cluster.nodes.recorder import Recorder
from sandbox.cluster.seams import LogQuery
from sandbox.cluster.store import Store

BORN = datetime(2026, 1, 1, tzinfo=UTC)


async def _texts(ring: LogRing, **options) -> list[bytes]:
    return [line.text async for line in ring.read(LogQuery("c", **options))]


async def test_ring_keeps_the_newest_and_counts_the_rest() -> None:
    ring = LogRing(LineClock(), lines=3, size=1000)
    ring.write_many(b"%d" % n for n in range(5))
    assert await _texts(ring) == [b"2", b"3", b"4"] and ring.dropped == 2
    small = LogRing(LineClock(), lines=100, size=10)
    small.write_many([b"12345", b"67890", b"x"])
    assert await _texts(small) == [b"67890", b"x"]


async def test_ring_queries() -> None:
    ring = LogRing(LineClock())
    for second in range(5):
        ring.write(b"%d" % second, at=int((BORN + timedelta(seconds=second)).timestamp() * 1e9))
    assert await _texts(ring, tail=2) == [b"3", b"4"]
    assert await _texts(ring, tail=0) == []
    assert await _texts(ring, since=BORN + timedelta(seconds=3)) == [b"3", b"4"]
    assert await _texts(ring, since=BORN + timedelta(seconds=1), tail=2) == [b"3", b"4"]


async def test_times_rise_even_when_clocks_do_not() -> None:
    ring = LogRing(LineClock())
    for _ in range(3):
        ring.write(b"x", at=1_000)
    assert [line.nanos async for line in ring.read(LogQuery("c"))] == [1_000, 1_001, 1_002]


async def test_follower_wakes_and_ends_with_the_container() -> None:
    ring = LogRing(LineClock())
    reader = asyncio.create_task(_texts(ring, follow=True))
    for number in range(600):
        ring.write(b"%d" % number)
        await asyncio.sleep(0)
    ring.close()
    assert len(await asyncio.wait_for(reader, 5)) == 600


async def test_slow_follower_skips_what_left_the_ring() -> None:
    ring = LogRing(LineClock(), lines=10)
    lines = ring.read(LogQuery("c", follow=True))
    ring.write(b"first")
    assert (await anext(lines)).text == b"first"
    ring.write_many(b"%d" % n for n in range(100))
    assert (await anext(lines)).text == b"90"
    await lines.aclose()


def test_back_off_doubles_to_five_minutes() -> None:
    back_off = BackOff()
    assert [back_off.next() for _ in range(8)] == [0, 10, 20, 40, 80, 160, 300, 300]
    back_off.forgive(599)
    assert back_off.next() == 300
    back_off.forgive(601)
    assert back_off.next() == 0
    assert [spelled(s) for s in (10, 80, 300)] == ["10s", "1m20s", "5m0s"]


def _run(name: str, code: int | None = None, reason: str = "") -> Run:
    run = Run(name * 64, BORN, LogRing(LineClock()))
    if code is not None:
        run.end(code, reason, BORN + timedelta(seconds=5))
    return run


def test_record_and_status_are_inverse() -> None:
    record = ContainerRecord({"name": "c", "image": "i"}, restarts=2, image_id="i@sha256:0")
    record.begin(_run("a", 137, "OOMKilled"))
    record.begin(_run("b"))
    record.ready = record.started = True
    status = record.status()
    assert status["state"] == {"running": {"startedAt": "2026-01-01T00:00:00Z"}}
    assert status["lastState"]["terminated"]["exitCode"] == 137
    assert recalled(record.spec, status).status() == status


def test_waiting_after_a_crash_shows_the_crash_as_the_last_state() -> None:
    record = ContainerRecord({"name": "c", "image": "i"})
    record.begin(_run("a", 1, "Error"))
    assert record.status()["state"]["terminated"]["reason"] == "Error" and record.status()["lastState"] == {}
    record.waiting = ("CrashLoopBackOff", "back-off 10s")
    status = record.status()
    assert status["state"] == {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 10s"}}
    assert status["lastState"]["terminated"]["containerID"] == f"containerd://{'a' * 64}"


@pytest.mark.parametrize(
    ("policy", "code", "expected"),
    [
        ("Never", 0, "Succeeded"),
        ("Never", 3, "Failed"),
        ("OnFailure", 3, "Running"),
        ("Always", 0, "Running"),
        ("Always", None, "Running"),
    ],
)
def test_phases(policy: str, code: int | None, expected: str) -> None:
    record = ContainerRecord({"name": "c", "image": "i"})
    record.begin(_run("a", code, "x"))
    pod = {"spec": {"restartPolicy": policy, "containers": [{"name": "c"}]}}
    assert pod_status(pod, Placement("h", "p", BORN), [], [record])["phase"] == expected


def test_conditions_keep_their_transition_times() -> None:
    pod = {"spec": {"containers": [{"name": "c"}]}}
    record = ContainerRecord({"name": "c", "image": "i"})
    place = Placement("10.0.0.1", "10.0.0.2", BORN)
    first = pod_status(pod, place, [], [record], BORN)
    ready = {c["type"]: c for c in first["conditions"]}
    assert ready["Ready"]["message"] == "containers with unready status: [c]" and first["phase"] == "Pending"
    record.begin(_run("a"))
    record.ready = True
    later = {
        c["type"]: c
        for c in pod_status({**pod, "status": first}, place, [], [record], BORN + timedelta(hours=1))["conditions"]
    }
    assert later["Ready"]["status"] == "True" and later["Ready"]["lastTransitionTime"] == "2026-01-01T01:00:00Z"
    assert later["Initialized"]["lastTransitionTime"] == "2026-01-01T00:00:00Z"


async def test_recorder_counts_what_it_has_said_before() -> None:
    store = Store()
    recorder = Recorder(store)
    pod = store.create("pods", {"metadata": {"name": "p", "namespace": "n"}, "spec": {"containers": []}})
    for _ in range(3):
        recorder.record(
            pod, "Warning", "BackOff", "again", component="kubelet", host="h", field_path="spec.containers{c}"
        )
    recorder.record(pod, "Warning", "BackOff", "other", component="kubelet", host="h")
    counts = sorted((e["message"], e["count"]) for e in store.list("events", "n"))
    assert counts == [("again", 3), ("other", 1)]
    recorder.record_scheduling(pod, "Warning", "FailedScheduling", "0/3", "Scheduling")
    recorder.record_scheduling(pod, "Warning", "FailedScheduling", "0/3", "Scheduling")
    modern = next(e for e in store.list("events", "n") if e["reason"] == "FailedScheduling")
    assert modern["series"]["count"] == 2 and modern["firstTimestamp"] is None
    store.delete("events", "n", modern["metadata"]["name"])
    recorder.record_scheduling(pod, "Warning", "FailedScheduling", "0/3", "Scheduling")
    assert sum(e["reason"] == "FailedScheduling" for e in store.list("events", "n")) == 1
