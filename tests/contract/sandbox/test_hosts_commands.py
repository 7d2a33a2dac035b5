"""Every command of a triage: its form as the true tool has it, and that they all tell of one machine."""

from __future__ import annotations

import re
import time

import asyncssh
import pytest

from sandbox.cluster.nodes.machines import KERNEL
from sandbox.hosts.hosts import Hosts
from tests.contract.sandbox.hosts_client import KUBELET_LINE, NODE, Ask, run

pytestmark = pytest.mark.asyncio(loop_scope="module")

# -- disks


async def test_df(out: Ask) -> None:
    lines = (await out("df -h")).splitlines()
    assert lines[0] == "Filesystem        Size  Used Avail Use% Mounted on"
    assert re.fullmatch(r"/dev/nvme0n1p1     80G   2\dG   \d\dG  2\d% /", lines[4])
    lines = (await out("df -P")).splitlines()
    assert lines[0] == "Filesystem       1024-blocks     Used Available Capacity Mounted on"
    for row in lines[1:]:
        _, size, used, free, share, _ = row.split()
        assert int(size) == int(used) + int(free)
        assert share == f"{-(-int(used) * 100 // int(size))}%"


async def test_df_of_inodes_and_of_one_path(out: Ask) -> None:
    lines = (await out("df -i")).splitlines()
    assert lines[0] == "Filesystem         Inodes  IUsed    IFree IUse% Mounted on"
    assert lines[6].split() == ["/dev/nvme0n1p128", "0", "0", "0", "-", "/boot/efi"]
    lines = (await out("df -PT /proc/meminfo /")).splitlines()
    assert [line.split()[0] for line in lines[1:]] == ["/dev/nvme0n1p1"] * 2 and lines[1].split()[1] == "xfs"
    assert len((await out("df -x tmpfs -x devtmpfs -x vfat")).splitlines()) == 2


# -- memory and load


async def test_free_tells_what_meminfo_tells(out: Ask) -> None:
    text, meminfo = (await out("free -k; cat /proc/meminfo")).split("MemTotal:")
    rows = {name: int(size) for name, size in re.findall(r"^(\S+): +(\d+) kB$", "MemTotal:" + meminfo, re.MULTILINE)}
    lines = text.splitlines()
    assert lines[0] == "               total        used        free      shared  buff/cache   available"
    total, used, free, shared, cache, available = map(int, lines[1].removeprefix("Mem:").split())
    assert len(lines[1]) == len(lines[0])
    assert (total, shared) == (rows["MemTotal"], rows["Shmem"])
    # They were read a moment apart, and memory moves slowly.
    assert abs(free - rows["MemFree"]) < 2_000 and abs(available - rows["MemAvailable"]) < 2_000
    assert abs(cache - rows["Buffers"] - rows["Cached"] - rows["SReclaimable"]) < 2_000
    assert used == total - free - cache
    assert lines[2].split() == ["Swap:", "0", "0", "0"]


async def test_units_of_free(out: Ask) -> None:
    sizes = [int((await out(f"free -{unit}")).splitlines()[1].split()[1]) for unit in "bkm"]
    assert sizes == [15_900_000 * 1024, 15_900_000, 15_527]
    assert (await out("free -h")).splitlines()[1].split()[1] == "15Gi"


async def test_uptime_loadavg_and_top_agree(out: Ask) -> None:
    text = await out("uptime; cat /proc/loadavg /proc/uptime; uptime -s")
    line, load, since, boot = text.splitlines()
    up = re.fullmatch(
        r" \d\d:\d\d:\d\d up 34 days,  2:0\d,  0 users,  load average: (\d\.\d\d), (\d\.\d\d), (\d\.\d\d)", line
    )
    assert up and re.fullmatch(r"\d\.\d\d \d\.\d\d \d\.\d\d \d+/\d+ \d+", load)
    assert all(abs(float(a) - float(b)) <= 0.02 for a, b in zip(up.groups(), load.split()[:3], strict=True))
    assert 34 * 86_400 < float(since.split()[0]) < 35 * 86_400
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", boot)


async def test_top(out: Ask) -> None:
    lines = (await out("top -b -n 1")).splitlines()
    assert re.fullmatch(r"top - \d\d:\d\d:\d\d up 34 days, .* load average: .*", lines[0])
    tasks = re.fullmatch(r"Tasks: +(\d+) total, +(\d+) running, +(\d+) sleeping,   0 stopped,   0 zombie", lines[1])
    shares = re.fullmatch(r"%Cpu\(s\):(.*) us,(.*) sy,(.*) ni,(.*) id,(.*) wa,(.*) hi,(.*) si,(.*) st ", lines[2])
    assert tasks and shares and abs(sum(map(float, shares.groups())) - 100) < 0.5
    memory = re.fullmatch(
        r"MiB Mem : *([\d.]+) total, *([\d.]+) free, *([\d.]+) used, *([\d.]+) buff/cache     ", lines[3]
    )
    assert memory and abs(float(memory[1]) - sum(float(memory[i]) for i in (2, 3, 4))) < 0.2
    assert lines[6] == "    PID USER      PR  NI    VIRT    RES    SHR S  %CPU  %MEM     TIME+ COMMAND"
    rows = [line.split() for line in lines[7:]]
    assert len(rows) == int(tasks[1]) == int(tasks[2]) + int(tasks[3])
    assert {"kubelet", "containerd", "relayer", "chronyd", "kswapd0"} <= {row[11] for row in rows}
    assert len({row[0] for row in rows}) == len(rows)


# -- network and clock


async def test_ss(out: Ask) -> None:
    counts, table = (await out("ss -s; ss -tan")).split("State ")
    head = re.search(r"^TCP:   (\d+) \(estab (\d+), closed (\d+), orphaned 0, timewait (\d+)\)$", counts, re.MULTILINE)
    assert head and re.search(r"^TCP\t  (\d+) +\d+ +\d+ +$", counts, re.MULTILINE)
    rows = [line.split() for line in table.splitlines()[1:]]
    states = [row[0] for row in rows]
    assert states.count("ESTAB") == int(head[2]) and len(rows) - states.count("TIME-WAIT") == int(head[1]) - int(
        head[4]
    )
    assert ["LISTEN", "0", "128", "0.0.0.0:22", "0.0.0.0:*"] in rows
    assert "users:" not in await out("ss -tanp")
    named = await out("sudo -n ss -tlnp")
    assert 'users:(("kubelet",pid=1893,fd=22))' in named and "ESTAB" not in named


async def test_conntrack(out: Ask) -> None:
    path = "/proc/sys/net/netfilter/nf_conntrack"
    count, maximum, named = (await out(f"cat {path}_count {path}_max; sysctl net.netfilter.nf_conntrack_max")).split(
        "\n", 2
    )
    assert 2_000 < int(count) < 4_000 and maximum == "131072"
    assert named == "net.netfilter.nf_conntrack_max = 131072\n"
    assert await out("sysctl -n net.netfilter.nf_conntrack_max") == "131072\n"


async def test_chronyc(out: Ask) -> None:
    lines = (await out("chronyc tracking")).splitlines()
    assert [line.partition(":")[0] for line in lines][:4] == [
        "Reference ID    ", "Stratum         ", "Ref time (UTC)  ", "System time     ",
    ]  # fmt: skip
    assert re.fullmatch(r"System time     : 0\.00000\d{4} seconds (fast|slow) of NTP time", lines[3])
    assert lines[-1] == "Leap status     : Normal"


# -- identity and services


async def test_identity(out: Ask) -> None:
    kernel = await out("uname -a")
    assert kernel.startswith(f"Linux {NODE} {KERNEL} #1 SMP ") and kernel.endswith(" x86_64 x86_64 x86_64 GNU/Linux\n")
    assert await out("hostname; uname -r") == f"{NODE}\n{KERNEL}\n"
    assert (await out("id")).startswith("uid=1001(oncall) gid=1001(oncall) groups=1001(oncall),")
    assert (await out("sudo id")).startswith("uid=0(root) ")
    assert abs(float(await out("date +%s")) - time.time()) < 5


async def test_crictl_lists_the_containers_of_the_node(hosts: Hosts, out: Ask) -> None:
    head, *running = (await out("crictl ps")).splitlines()
    assert head.startswith("CONTAINER           IMAGE               CREATED             STATE               NAME ")
    assert {line[60:67] for line in running} == {"Running"}
    for line in running:
        pod = line[head.index("POD  ") :].split()[0]
        assert any(t.pod == pod and t.id.startswith(line[:13]) for t in hosts.machines[NODE].tenants())
    everything = (await out("crictl ps -a")).splitlines()[1:]
    assert set(running) < set(everything) and any("Exited" in line for line in everything)


async def test_crictl_follows_the_living_cluster(hosts: Hosts, out: Ask) -> None:
    before = hosts.machines[NODE].pods
    kept = [pod for pod in before() if pod["metadata"]["name"].startswith("kube-proxy")]
    hosts.follow(lambda: kept)
    try:
        assert [line.split()[-1] for line in (await out("crictl ps")).splitlines()[1:]] == ["kube-system"]
        assert "relayer" not in await out("top -b -n 1")
    finally:
        hosts.follow(before)


async def test_systemctl(conn: asyncssh.SSHClientConnection, out: Ask) -> None:
    lines = (await out("systemctl status kubelet --no-pager")).splitlines()
    assert lines[0] == "● kubelet.service - Kubernetes Kubelet"
    assert re.fullmatch(r"     Active: active \(running\) since \w{3} [-\d]+ [:\d]+ UTC; 1 month 3 days ago", lines[2])
    assert all(KUBELET_LINE.fullmatch(line) for line in lines[-10:])
    assert await out("systemctl is-active kubelet") == "active\n"
    assert await run(conn, "systemctl status nothing") == (4, "", "Unit nothing.service could not be found.\n")


# -- the shell


async def test_lines_are_read_as_bash_reads_them(conn: asyncssh.SSHClientConnection) -> None:
    cases = {
        "false || echo no": (0, "no\n", ""),
        "true && echo 'a  b' | wc -c; echo $?": (0, "5\n0\n", ""),
        "sh -c 'exit 3'": (3, "", ""),
        "LC_ALL=C df -P / | tail -n 1 | grep -c nvme": (0, "1\n", ""),
        "/usr/bin/cat /etc/hostname | head -1": (0, f"{NODE}\n", ""),
        "foo": (127, "", "bash: line 1: foo: command not found\n"),
        "cat /nope 2>/dev/null": (1, "", ""),
        "cat /nope": (1, "", "cat: /nope: No such file or directory\n"),
        "df /nope": (1, "", "df: /nope: No such file or directory\n"),
        "df -Z": (1, "", "df: invalid option -- 'Z'\nTry 'df --help' for more information.\n"),
        "journalctl --since yonder": (1, "", "Failed to parse timestamp: yonder\n"),
        "sleep soon": (1, "", "sleep: invalid time interval ‘soon’\nTry 'sleep --help' for more information.\n"),
        "timeout 0.05 sleep 60": (124, "", ""),
        "sudo foo": (1, "", "sudo: foo: command not found\n"),
        "rm -rf /": (127, "", "bash: line 1: rm: command not found\n"),
    }
    for line, expected in cases.items():
        assert (line, await run(conn, line)) == (line, expected)
    assert await run(conn, "cat | wc -l", stdin="one\ntwo\n") == (0, "2\n", "")
