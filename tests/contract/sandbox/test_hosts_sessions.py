"""What a session is and is not, and ends that leave nothing behind."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import asyncssh
import pytest

from sandbox.hosts.hosts import Hosts
from tests.contract.sandbox.hosts_client import DEADLINE, NODE, connect, run, settled, started

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_there_is_no_shell_to_stay_in(hosts: Hosts) -> None:
    async with connect(hosts) as conn, asyncio.timeout(DEADLINE):
        done = await conn.run(stdin=asyncssh.DEVNULL)
        assert (done.exit_status, done.stdout) == (1, "")
        assert "give a single command" in str(done.stderr)
        with pytest.raises(asyncssh.ChannelOpenError):
            await conn.run("uptime", term_type="xterm")


async def test_the_bastion_runs_nothing(hosts: Hosts) -> None:
    async with connect(hosts, "bastion") as conn:
        for line in ("uptime", "cat /etc/passwd"):
            assert await run(conn, line) == (1, "This account is currently not available.\n", "")


async def test_files_are_not_copied(hosts: Hosts) -> None:
    async with connect(hosts) as conn:
        with pytest.raises(asyncssh.Error):
            await conn.start_sftp_client()
        code, _, err = await run(conn, "scp -f /etc/hostname")
        assert (code, err) == (127, "bash: line 1: scp: command not found\n")


async def test_what_the_client_wants_in_the_environment_is_ignored(hosts: Hosts) -> None:
    async with connect(hosts) as conn:
        done = await conn.run('echo "$LANG $SECRET"', env={"LANG": "tlh", "SECRET": "x"}, stdin=asyncssh.DEVNULL)
    assert done.stdout == "C.UTF-8 \n"


# -- ends


async def test_fifty_visits_leave_nothing(hosts: Hosts) -> None:
    before = asyncio.all_tasks()
    for number in range(50):
        conn = await connect(hosts)
        if number % 2:
            assert (await run(conn, "uptime"))[0] == 0
        else:
            await conn.create_process("journalctl -fu kubelet | grep nothing", encoding=None)
        conn.abort()
    await settled(before)
    async with asyncio.timeout(DEADLINE):
        while hosts.ways.own or any(house.connections or house.tasks for house in hosts.doors.values()):
            await asyncio.sleep(0)


async def test_a_command_ends_with_its_channel(hosts: Hosts) -> None:
    tasks = hosts.doors[NODE].tasks
    async with connect(hosts) as conn, asyncio.timeout(DEADLINE):
        process = await conn.create_process("echo there; sleep 1000")
        assert await process.stdout.readline() == "there\n"
        assert len(tasks) == 1
        process.close()
        while tasks:
            await asyncio.sleep(0)


async def test_a_signal_ends_a_command_and_is_told(hosts: Hosts) -> None:
    async with connect(hosts) as conn, asyncio.timeout(DEADLINE):
        process = await conn.create_process("echo there; sleep 1000")
        await process.stdout.readline()
        process.terminate()
        done = await process.wait()
    assert done.exit_signal is not None and done.exit_signal[0] == "TERM"


async def test_endless_output_leaves_room_for_others(hosts: Hosts) -> None:
    async with connect(hosts) as conn, asyncio.timeout(DEADLINE):
        process = await conn.create_process("yes | head -n 100000", encoding=None)
        assert await process.stdout.readexactly(200_000) == b"y\n" * 100_000
        assert (await process.wait()).exit_status == 0
        endless = await conn.create_process("yes", encoding=None)
        await endless.stdout.readexactly(1_000_000)
        assert (await run(conn, "echo still here"))[1] == "still here\n"
        endless.close()


async def test_a_command_waits_for_a_client_that_does_not_read(hosts: Hosts) -> None:
    tasks = hosts.doors[NODE].tasks
    async with connect(hosts) as conn, asyncio.timeout(DEADLINE):
        unread = await conn.create_process("journalctl -u kubelet", encoding=None)
        code, read, _ = await run(conn, "journalctl -u kubelet")
        assert code == 0 and len(tasks) == 1
        rest = await unread.stdout.read()
        assert abs(len(rest) - len(read)) < 5_000
        assert (await unread.wait()).exit_status == 0


async def test_a_client_that_sends_more_than_is_read_is_held_back(hosts: Hosts) -> None:
    async with connect(hosts) as conn:
        unread = await conn.create_process("sleep 1000", encoding=None)
        unread.stdin.write(b"x" * 8_000_000)
        # Another channel takes as much meanwhile.
        assert (await run(conn, "cat | wc -l", stdin="0123456\n" * 1_000_000))[1] == "1000000\n"
        assert unread.channel.get_write_buffer_size() > 1_000_000
        conn.abort()


async def test_stop_cuts_everything_at_once(tmp_path: Path) -> None:
    async with started(tmp_path) as hosts:
        conn = await connect(hosts)
        process = await conn.create_process("sleep 1000")
        begun = time.monotonic()
        await hosts.stop()
        assert time.monotonic() - begun < 1
        await hosts.stop()
        async with asyncio.timeout(DEADLINE):
            assert (await process.wait()).exit_status is None
            await conn.wait_closed()
        with pytest.raises(OSError, match=r"."):
            await connect(hosts)
