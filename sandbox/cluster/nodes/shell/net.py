"""Commands that try connections: pg_isready, nc, telnet, ping, nslookup, getent."""

from __future__ import annotations

import asyncio
import random

from sandbox.cluster.nodes.network import Reach
from sandbox.cluster.nodes.shell.call import Call, Command

_TIMEOUT = 3.0


async def pg_isready(call: Call) -> int:
    """0 accepting, 1 rejecting, 2 no response: the exit codes of the true one."""
    host = call.option("-h", "--host") or call.env.get("PGHOST", "/var/run/postgresql")
    port = int(call.option("-p", "--port") or call.env.get("PGPORT", "5432"))
    timeout = float(call.option("-t", "--timeout") or _TIMEOUT)
    reach = await call.network.reach(call.box, host, port, timeout or _TIMEOUT)
    verdict, code = ("accepting connections", 0) if reach is Reach.OPEN else ("no response", 2)
    await call.say(f"{host}:{port} - {verdict}")
    return code


async def nc(call: Call) -> int:
    """`nc -z[v] [-w seconds] host port`, or stdin to the port."""
    flags = "".join(a[1:] for a in call.args if a.startswith("-"))
    host, port = [*call.operands("-w"), "", "0"][:2]
    if not host or not port.isdigit():
        return await call.complain("usage: nc [-vz] [-w secs] host port")
    reach = await call.network.reach(call.box, host, int(port), float(call.option("-w") or 3))
    if reach is Reach.OPEN:
        if "v" in flags:
            await call.err.write(f"{host} ({call.network.lookup(call.box, host)}:{port}) open\n".encode())
        return 0
    return await call.complain(_nc_failure(call, host, port, reach))


def _nc_failure(call: Call, host: str, port: str, reach: Reach) -> str:
    if reach is Reach.UNKNOWN:
        return f"nc: bad address '{host}'"
    why = "Connection refused" if reach is Reach.REFUSED else "Operation timed out"
    return f"nc: {host} ({call.network.lookup(call.box, host)}:{port}): {why}"


async def telnet(call: Call) -> int:
    """Connect, print what telnet prints, leave at the end of stdin."""
    host, port = [*call.operands(), "", "23"][:2]
    reach = await call.network.reach(call.box, host, int(port))
    if reach is Reach.UNKNOWN:
        return await call.complain(f"telnet: bad address '{host}'")
    address = call.network.lookup(call.box, host)
    await call.say(f"Trying {address}...")
    if reach is not Reach.OPEN:
        why = "Connection refused" if reach is Reach.REFUSED else "Operation timed out"
        return await call.complain(f"telnet: can't connect to remote host ({address}): {why}")
    await call.say(f"Connected to {host}.")
    await call.say("Escape character is '^]'.")
    while await call.stdin.read():
        pass
    await call.say("Connection closed by foreign host.")
    return 0


async def ping(call: Call) -> int:
    """`-c count`, one a second."""
    host = [*call.operands("-c", "-W", "-i", "-w"), ""][0]
    address = call.network.lookup(call.box, host)
    if address is None:
        return await call.complain(f"ping: bad address '{host}'")
    count = int(call.option("-c") or 10**6)
    await call.say(f"PING {host} ({address}): 56 data bytes")
    times = []
    for number in range(count):
        times.append(random.uniform(0.3, 1.4))
        await call.say(f"64 bytes from {address}: seq={number} ttl=62 time={times[-1]:.3f} ms")
        if number + 1 < count:
            await asyncio.sleep(call.box.world.pace.seconds(1))
    await call.say(f"\n--- {host} ping statistics ---")
    await call.say(f"{count} packets transmitted, {count} packets received, 0% packet loss")
    await call.say(f"round-trip min/avg/max = {min(times):.3f}/{sum(times) / count:.3f}/{max(times):.3f} ms")
    return 0


async def nslookup(call: Call) -> int:
    """One name."""
    host = [*call.operands(), ""][0]
    await call.out.write(b"Server:\t\t172.20.0.10\nAddress:\t172.20.0.10:53\n\n")
    address = call.network.lookup(call.box, host)
    if address is None:
        await call.say(f"** server can't find {host}: NXDOMAIN")
        return 1
    await call.say(f"Name:\t{host}\nAddress: {address}")
    return 0


async def getent(call: Call) -> int:
    """`getent hosts NAME`; 2 when there is none."""
    operands = call.operands()
    address = call.network.lookup(call.box, operands[-1]) if len(operands) == 2 else None
    if address is None:
        return 2
    await call.say(f"{address:<15} {operands[-1]}")
    return 0


COMMANDS: dict[str, Command] = {
    "pg_isready": pg_isready, "nc": nc, "telnet": telnet, "ping": ping, "nslookup": nslookup, "getent": getent,
}  # fmt: skip
