"""The journal and the kernel's words, and what a condition of a machine changes everywhere."""

from __future__ import annotations

import asyncio
import json
import re
import time

import pytest

from sandbox.cluster.nodes.machines import KERNEL
from sandbox.hosts.facts import Condition, Filled, OutOfMemory
from sandbox.hosts.hosts import Hosts
from tests.contract.sandbox.hosts_client import DEADLINE, KUBELET_LINE, NODE, Ask, connect, run

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_journal(out: Ask) -> None:
    lines = (await out("journalctl -u kubelet -n 40 --no-pager")).splitlines()
    assert len(lines) == 40 and all(KUBELET_LINE.fullmatch(line) for line in lines)
    last = (await out("journalctl -u kubelet -n 1 -o short-iso")).split(" ", 1)[0]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0000", last)
    assert await out("journalctl -u nothing") == "-- No entries --\n"


async def test_journal_since(out: Ask) -> None:
    recent = (await out("journalctl -u kubelet --since '5 min ago' -o json")).splitlines()
    entries = [json.loads(line) for line in recent]
    moments = [int(entry["__REALTIME_TIMESTAMP"]) / 1e6 for entry in entries]
    assert moments == sorted(moments) and time.time() - 305 < moments[0] and moments[-1] <= time.time()
    assert {(e["_SYSTEMD_UNIT"], e["_PID"], e["PRIORITY"]) for e in entries} == {("kubelet.service", "1893", "6")}
    whole = int(moments[10])
    since = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(whole))
    again = (await out(f"journalctl -u kubelet --since '{since}' -o cat")).splitlines()
    assert again[:9] == [e["MESSAGE"] for e, at in zip(entries, moments, strict=True) if at > whole][:9]


async def test_following_the_journal_goes_on(hosts: Hosts) -> None:
    host = hosts.machines["ip-10-20-13-27.eu-west-1.compute.internal"]
    well, now = host.model, time.time()
    # Its clock is set to just before the next line.
    host.model = well.worse(Condition(skew=well.journal.next_after(now) - now - 0.3))
    try:
        async with connect(hosts, "10.20.13.27") as conn, asyncio.timeout(DEADLINE):
            begun = host.now()
            process = await conn.create_process("journalctl -u kubelet -f -n 2 -o short-unix")
            moments = [float((await process.stdout.readline()).split()[0]) for _ in range(3)]
            process.close()
    finally:
        host.model = well
    assert moments[2] > begun
    assert [well.journal.next_after(at + 1e-5) for at in moments[:2]] == pytest.approx(moments[1:], rel=0, abs=1e-5)


async def test_dmesg(hosts: Hosts, out: Ask) -> None:
    first = (await out("dmesg")).splitlines()[0]
    assert first.startswith(f"[    0.000000] Linux version {KERNEL} ")
    booted = time.strftime("%a %b %e %H:%M:%S %Y", time.gmtime(hosts.machines[NODE].model.booted))
    assert (await out("dmesg -T")).startswith(f"[{booted}] Linux version")
    assert "oom" not in (await out("dmesg")).lower()


# -- what a fault changes


async def test_a_condition_shows_everywhere_and_goes_without_a_trace(hosts: Hosts) -> None:
    host = hosts.machines["ip-10-20-12-41.eu-west-1.compute.internal"]
    kill = OutOfMemory(time.time(), "relayer", 48_213, 1_048_576, "10a3d6b2-aa05-411a-b271-5945795e8229", "6f" * 32)
    async with connect(hosts, "10.20.12.41") as conn:
        well = host.model
        host.model = well.worse(Condition(filled=Filled(time.time(), 1.0), kills=(kill,), skew=90.0))
        try:
            assert (await run(conn, "df -h /"))[1].splitlines()[1].split()[1:5] == ["80G", "80G", "0", "100%"]
            killed = "Memory cgroup out of memory: Killed process 48213 (relayer)"
            assert killed in (await run(conn, "dmesg -T --level=err"))[1]
            assert killed in (await run(conn, "journalctl -k -p err"))[1]
            offset = re.search(r"System time     : (\S+) seconds fast", (await run(conn, "chronyc tracking"))[1])
            assert offset and round(float(offset[1]), 3) == 90
            assert float((await run(conn, "date +%s"))[1]) > time.time() + 80
            written = (await run(conn, "journalctl -u kubelet -n 30"))[1]
            assert "attempting to reclaim" in written
        finally:
            host.model = well
        assert killed not in (await run(conn, "dmesg; journalctl -k"))[1]
        assert (await run(conn, "df -h /"))[1].splitlines()[1].split()[4] in ("26%", "27%")
