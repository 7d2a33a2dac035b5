"""Programs of the estate never outlive it."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from providers.core.errors import Unreachable
from sandbox.child import Child, shorten
from sandbox.owner import CHILDREN, end_children, leave_mark, record, started_at, sweep

SLEEPER = [sys.executable, "-c", "import sys, signal; print('ready', flush=True); signal.pause()"]


def _gone(pid: int) -> bool:
    """Whether the process is no more, or only waits to be reaped."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


async def test_it_speaks_and_stops(tmp_path: Path) -> None:
    child = await Child.start(tmp_path, "sleeper", SLEEPER, speaks=True)
    assert await child.line(10) == "ready"
    await child.stop()
    await child.stop()
    assert not child.running
    assert not list((tmp_path / CHILDREN).iterdir())


async def test_one_that_ignores_the_request_is_ended(tmp_path: Path) -> None:
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); signal.pause()"
    child = await Child.start(tmp_path, "deaf", [sys.executable, "-c", deaf], speaks=True)
    await child.line(10)
    await child.stop(deadline=0.05)
    assert not child.running


async def test_one_that_dies_is_quoted(tmp_path: Path) -> None:
    code = "import sys; print('no room left', file=sys.stderr); sys.exit(3)"
    child = await Child.start(tmp_path, "broken", [sys.executable, "-c", code], speaks=True)
    with pytest.raises(Unreachable, match=r"broken did not start(.|\n)*no room left"):
        await child.line(10)
    await child.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
async def test_it_dies_with_a_killed_parent(tmp_path: Path) -> None:
    code = (
        "import asyncio, sys; from pathlib import Path; from sandbox.child import Child, shorten\n"
        "async def main():\n"
        f"    child = await Child.start(Path({str(tmp_path)!r}), 'sleeper', {SLEEPER!r}, speaks=True)\n"
        "    await child.line(10); print(child.pid, flush=True); await asyncio.Event().wait()\n"
        "asyncio.run(main())"
    )
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=subprocess.PIPE)
    assert parent.stdout is not None
    pid = int(await asyncio.wait_for(parent.stdout.readline(), 20))
    parent.kill()
    await parent.wait()
    async with asyncio.timeout(5):
        while not _gone(pid):
            await asyncio.to_thread(os.sched_yield)


def test_the_next_start_ends_what_a_dead_estate_left(tmp_path: Path) -> None:
    estate = tmp_path / "estate-1"
    estate.mkdir()
    leave_mark(estate)
    (estate / "owner.json").write_text('{"pid": 1, "started": "never"}')
    left = subprocess.Popen(SLEEPER, stdout=subprocess.DEVNULL, start_new_session=True)
    record(estate, left.pid)
    assert sweep(tmp_path, "estate-") == [estate]
    assert left.wait(5) == -signal.SIGKILL
    assert not estate.exists()


def test_a_pid_that_is_somebody_elses_by_now_is_left_alone(tmp_path: Path) -> None:
    other = subprocess.Popen(SLEEPER, stdout=subprocess.DEVNULL, start_new_session=True)
    record(tmp_path, other.pid)
    (tmp_path / CHILDREN / str(other.pid)).write_text("1")
    end_children(tmp_path)
    assert other.poll() is None
    assert started_at(other.pid)
    other.kill()
    other.wait()


def test_a_long_log_loses_its_older_half_and_goes_on(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    with log.open("ab", buffering=0) as writer:
        for number in range(100):
            writer.write(b"line %03d\n" % number)
        shorten(log, 900)
        assert log.stat().st_size == 900
        shorten(log, 890)
        writer.write(b"the next\n")
    lines = log.read_text().splitlines()
    assert (lines[0], lines[-2:], len(lines)) == ("line 051", ["line 099", "the next"], 50)
