"""Commands that look at the container: env, ls, ps, top, df, free, netstat and their like."""

from __future__ import annotations

import asyncio
import time

from sandbox.cluster.nodes import quantities
from sandbox.cluster.nodes.machines import KERNEL, STORAGE_KIB, STORED_KIB
from sandbox.cluster.nodes.shell import sockets
from sandbox.cluster.nodes.shell.call import Call, Command
from sandbox.cluster.nodes.shell.files import Files
from sandbox.cluster.nodes.usage import cpu_nanos, memory_bytes
from sandbox.cluster.nodes.vitals import load_of, loadavg, memory_of


async def env(call: Call) -> int:
    """All variables, as the container was started with, and the shell's own."""
    await call.out.write("".join(f"{k}={v}\n" for k, v in call.env.items()).encode())
    return 0


async def printenv(call: Call) -> int:
    """All variables, or the values of some."""
    if not call.args:
        return await env(call)
    for name in call.args:
        if name not in call.env:
            return 1
        await call.say(call.env[name])
    return 0


async def ls(call: Call) -> int:
    """Names; -l with sizes."""
    files = Files(call.box, call.network)
    code = 0
    for name in call.operands() or ["/"]:
        inside = files.listing(name)
        content = files.read(name)
        if inside is None and content is None:
            code = await call.complain(f"ls: {name}: No such file or directory")
            continue
        for entry in inside or [name]:
            path = entry if content is not None else f"{name.rstrip('/')}/{entry}"
            await call.say(_long(files, path, entry) if any("l" in a for a in call.args if a[:1] == "-") else entry)
    return code


def _long(files: Files, path: str, entry: str) -> str:
    content = files.read(path)
    kind, size = ("-rw-r--r--", len(content)) if content is not None else ("drwxr-xr-x", 4096)
    return f"{kind}    1 root     root     {size:>9} Nov 20 09:14 {entry}"


def _processes(call: Call) -> list[tuple[int, str]]:
    return [(1, f"/app/{call.box.container['name']}"), (58, " ".join(call.argv))]


async def ps(call: Call) -> int:
    """Every process."""
    await call.say("PID   USER     TIME  COMMAND")
    for pid, name in _processes(call):
        minutes = int(call.box.age * 0.02 / 60) if pid == 1 else 0
        await call.say(f"{pid:>5} root     {minutes:>2}:{int(time.time()) % 60:02d} {name}")
    return 0


async def top(call: Call) -> int:
    """One picture (-b -n 1); without -n it goes on."""
    rounds = int(call.option("-n") or (1 if "-bn1" in call.args else 10**6))
    for number in range(rounds):
        await call.out.write(_picture(call).encode())
        if number + 1 < rounds:
            await asyncio.sleep(call.box.world.pace.seconds(3))
    return 0


def _picture(call: Call) -> str:
    box, now = call.box, time.time()
    memory = memory_of(box.machine, box.world.bridge, now)
    total = memory.total
    resident = memory_bytes(box) // 1024
    cpu = cpu_nanos(box) / 1e9 / box.machine.cpus * 100
    idle = 100 - cpu - 3
    rows = [
        f"Mem: {total - memory.free}K used, {memory.free}K free, {memory.shared}K shrd, {memory.buffers}K buff, "
        f"{memory.cached}K cached",
        f"CPU:   {cpu:.0f}% usr   1% sys   0% nic  {idle:.0f}% idle   0% io   0% irq   2% sirq",
        "Load average: " + loadavg(load_of(box.machine, box.world.bridge, now), 61).rstrip(),
        "  PID  PPID USER     STAT   VSZ %VSZ CPU %CPU COMMAND",
    ]
    for pid, name in _processes(call):
        size, share = (f"{resident // 1024}m", cpu) if pid == 1 else ("1640", 0.0)
        state = "S" if pid == 1 else "R"
        rows.append(
            f"{pid:>5} {0:>5} root     {state:<4} {size:>5} {resident * 100 // total:>3}%   1 {share:>3.0f}% {name}"
        )
    return "\n".join(rows) + "\n"


async def df(call: Call) -> int:
    """Disks."""
    await call.say("Filesystem           1K-blocks      Used Available Use% Mounted on")
    await call.say(f"overlay              {STORAGE_KIB:>9} {STORED_KIB:>9} {STORAGE_KIB - STORED_KIB:>9}  26% /")
    await call.say("tmpfs                    65536         0     65536   0% /dev")
    for mount in call.box.container.get("volumeMounts") or ():
        await call.say(f"tmpfs                  1048576        12   1048564   0% {mount['mountPath']}")
    return 0


async def free(call: Call) -> int:
    """Memory; -m in MiB."""
    meminfo = (Files(call.box, call.network).read("/proc/meminfo") or b"").decode()
    rows = {line.split(":")[0]: int(line.split()[1]) for line in meminfo.splitlines()}
    unit = 1024 if "-m" in call.args else 1
    total, idle, cached, left = (rows[n] // unit for n in ("MemTotal", "MemFree", "Cached", "MemAvailable"))
    await call.say("              total        used        free      shared  buff/cache   available")
    await call.say(
        f"Mem:     {total:>10}  {total - left:>10}  {idle:>10}  {1640 // unit:>10}  {cached:>10}  {left:>10}"
    )
    await call.say("Swap:             0           0           0")
    return 0


async def hostname(call: Call) -> int:
    """The pod's name; -i its address."""
    await call.say(call.network.ip_of(call.box) if "-i" in call.args else call.box.name)
    return 0


async def date(call: Call) -> int:
    """The time in UTC, or in a format."""
    form = next((a[1:] for a in call.args if a.startswith("+")), "%a %b %e %H:%M:%S UTC %Y")
    await call.say(time.strftime(form, time.gmtime()))
    return 0


async def sleep(call: Call) -> int:
    """Wait, in the cluster's time."""
    units = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
    for arg in call.args:
        unit = units.get(arg[-1:], 1)
        seconds = float(arg.rstrip("smhd")) * unit if arg != "infinity" else 10**9
        await asyncio.sleep(call.box.world.pace.seconds(seconds))
    return 0


async def identity(call: Call) -> int:
    """Root."""
    await call.say("root" if call.argv[0] == "whoami" else "uid=0(root) gid=0(root) groups=0(root)")
    return 0


async def uname(call: Call) -> int:
    """The kernel."""
    await call.say(f"Linux {call.box.name} {KERNEL} #1 SMP x86_64 Linux" if "-a" in call.args else "Linux")
    return 0


async def nproc(call: Call) -> int:
    """Processors the container may use, at least one."""
    limit = ((call.box.container.get("resources") or {}).get("limits") or {}).get("cpu")
    await call.say(str(max(1, quantities.millicores(limit) // 1000) if limit else call.box.machine.cpus))
    return 0


async def netstat(call: Call) -> int:
    """TCP connections; -a listeners too, -p programs."""
    flags = "".join(a for a in call.args if a.startswith("-"))
    text = sockets.netstat(call.box, call.network, everything="a" in flags, program="p" in flags)
    await call.out.write(text.encode())
    return 0


async def ss(call: Call) -> int:
    """TCP connections."""
    flags = "".join(a for a in call.args if a.startswith("-"))
    await call.out.write(sockets.ss(call.box, call.network, everything="a" in flags or "l" in flags).encode())
    return 0


COMMANDS: dict[str, Command] = {
    "env": env, "printenv": printenv, "ls": ls, "ps": ps, "top": top, "df": df, "free": free,
    "hostname": hostname, "date": date, "sleep": sleep, "id": identity,
    "whoami": identity, "uname": uname, "nproc": nproc, "netstat": netstat, "ss": ss,
}  # fmt: skip
