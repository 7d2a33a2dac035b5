"""The machines through OpenSSH itself, with nothing but the ssh_config they wrote."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from sandbox.hosts.hosts import Hosts
from tests.contract.sandbox.hosts_client import DEADLINE, NODE, NODE_IP, config, started

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(shutil.which("ssh") is None, reason="there is no ssh on this machine"),
]


async def _ssh(hosts: Hosts, *words: str) -> tuple[int | None, str, str]:
    """(exit code, stdout, stderr) of `ssh -F … words`."""
    pipe = asyncio.subprocess.PIPE
    ssh = await asyncio.create_subprocess_exec(
        "ssh", "-F", config(hosts), "-o", "BatchMode=yes", *words, stdin=asyncio.subprocess.DEVNULL, stdout=pipe,
        stderr=pipe,
    )  # fmt: skip
    try:
        out, err = await asyncio.wait_for(ssh.communicate(), DEADLINE)
    finally:
        if ssh.returncode is None:
            ssh.kill()
            await ssh.wait()
    return ssh.returncode, out.decode(), err.decode()


@pytest.mark.parametrize("host", [NODE, NODE_IP])
async def test_a_command_through_the_bastion(hosts: Hosts, host: str) -> None:
    code, out, err = await _ssh(hosts, host, "uptime")
    assert (code, err) == (0, "") and " up 34 days, " in out


async def test_exit_codes_and_both_streams(hosts: Hosts) -> None:
    code, out, err = await _ssh(hosts, NODE_IP, "echo out; echo err >&2; exit 7")
    assert (code, out, err) == (7, "out\n", "err\n")
    code, out, err = await _ssh(hosts, NODE_IP, "foo")
    assert (code, out, err) == (127, "", "bash: line 1: foo: command not found\n")


async def test_without_a_command_it_says_why_and_leaves(hosts: Hosts) -> None:
    code, out, err = await _ssh(hosts, "-T", NODE_IP)
    assert (code, out) == (1, "") and "give a single command" in err


async def test_a_changed_host_key_is_refused_with_the_warning(tmp_path: Path) -> None:
    async with started(tmp_path) as hosts:
        hosts.doors[NODE].change_key()
        code, out, err = await _ssh(hosts, NODE_IP, "uptime")
        assert (code, out) == (255, "") and "REMOTE HOST IDENTIFICATION HAS CHANGED" in err


async def test_past_the_bastion_there_is_no_way(hosts: Hosts) -> None:
    code, out, _ = await _ssh(hosts, "-o", "ProxyJump=none", NODE_IP, "uptime")
    assert (code, out) == (255, "")
    code, _, err = await _ssh(hosts, "-W", "127.0.0.1:9", "bastion")
    assert code == 255 and "administratively prohibited" in err


async def test_a_killed_client_ends_its_command(hosts: Hosts) -> None:
    tasks = hosts.doors[NODE].tasks
    ssh = await asyncio.create_subprocess_exec(
        "ssh", "-F", config(hosts), NODE_IP, "journalctl -fu kubelet", stdout=asyncio.subprocess.PIPE
    )
    assert ssh.stdout is not None
    async with asyncio.timeout(DEADLINE):
        assert b" kubelet[1893]: " in await ssh.stdout.readline()
        assert len(tasks) == 1
        ssh.kill()
        await ssh.wait()
        while tasks:
            await asyncio.sleep(0)
