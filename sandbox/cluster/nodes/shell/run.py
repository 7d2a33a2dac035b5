"""Runs commands: single ones, shell lines with pipes, and an interactive shell."""

from __future__ import annotations

import asyncio

from sandbox.cluster.nodes.network import Reach
from sandbox.cluster.nodes.programs import catalog
from sandbox.cluster.nodes.programs.box import Box
from sandbox.cluster.nodes.shell import client, net, system, text
from sandbox.cluster.nodes.shell.call import Call, Command, Nowhere, Sink
from sandbox.cluster.nodes.shell.files import Files
from sandbox.cluster.nodes.shell.parse import Pipeline, ShellSyntax, Simple, expand, parse
from sandbox.cluster.nodes.shell.pipe import Pipe

BROKEN_PIPE = 141
_EXTRA = frozenset({"curl", "wget", "redis-cli", "pg_isready", "nc", "telnet", "netstat", "ss", "bash"})


class Leave(Exception):
    """`exit` in a shell."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def find(box: Box, name: str) -> Command | None:
    """The command of that name in this image."""
    plain = name.rpartition("/")[2]
    image = catalog.find(box.image)
    tools = image.program.tools if image else frozenset()
    if plain in _EXTRA and plain not in tools and not (plain == "bash" and "curl" in tools):
        return None
    return _COMMANDS.get(plain)


async def run(call: Call) -> int:
    """Run one command; 127 when there is none of that name."""
    command = find(call.box, call.argv[0])
    if command is None:
        return await call.complain(f"sh: {call.argv[0]}: not found", 127)
    try:
        return await command(call)
    except BrokenPipeError:
        return BROKEN_PIPE


async def shell(call: Call) -> int:
    """`sh -c LINE`, or lines from stdin; with a terminal it prompts."""
    line = _line_of(call)
    try:
        if line is not None:
            return await run_line(call, line)
        return await _interact(call)
    except Leave as leave:
        return leave.code


def _line_of(call: Call) -> str | None:
    for index, arg in enumerate(call.args):
        if arg.startswith("-") and arg.endswith("c") and index + 1 < len(call.args):
            return call.args[index + 1]
    return None


async def _interact(call: Call) -> int:
    prompt = b"/ # " if call.tty else b""
    code = 0
    await call.out.write(prompt)
    async for line in call.stdin.lines():
        if line.strip():
            # The commands of an interactive shell read nothing: stdin is the shell's.
            code = await run_line(call, line.decode(errors="replace").rstrip("\r"))
        await call.out.write(prompt)
    return code


async def run_line(call: Call, line: str) -> int:
    """Run a line; returns the status of its last pipeline."""
    try:
        pipelines = parse(line)
    except ShellSyntax as wrong:
        return await call.complain(f"sh: {wrong}", 2)
    status = call.status
    for pipeline in pipelines:
        if (pipeline.joint == "&&" and status) or (pipeline.joint == "||" and not status):
            continue
        status = await _pipeline(call, pipeline, status)
    call.status = status
    return status


async def _pipeline(call: Call, pipeline: Pipeline, status: int) -> int:
    if len(pipeline.commands) == 1:
        return await _simple(call, pipeline.commands[0], status, call.stdin, call.out)
    pipes = [Pipe() for _ in pipeline.commands[1:]]
    ends: list[Pipe] = [call.stdin, *pipes]
    outs: list[Sink] = [*pipes, call.out]

    async def part(index: int) -> int:
        try:
            return await _simple(call, pipeline.commands[index], status, ends[index], outs[index])
        finally:
            if index:
                ends[index].leave()
            if index < len(pipes):
                pipes[index].end()

    tasks = [asyncio.ensure_future(part(i)) for i in range(len(outs))]
    try:
        return (await asyncio.gather(*tasks))[-1]
    finally:
        for task in tasks:
            task.cancel()


async def _simple(call: Call, simple: Simple, status: int, stdin: Pipe, out: Sink) -> int:
    words = [expand(w, call.env, status).replace("\0", "$") for w in simple.words]
    env = call.env
    while words and "=" in words[0] and words[0].partition("=")[0].isidentifier():
        name, _, value = words.pop(0).partition("=")
        if not words:
            call.env[name] = value
        env = {**env, name: value}
    inner = call.again(words, env)
    inner.stdin, inner.out, inner.status = stdin, out, status
    problem = await _redirected(inner, simple)
    if problem is not None or not words:
        return problem or 0
    return await _builtin(inner, status)


async def _redirected(call: Call, simple: Simple) -> int | None:
    for stream, target in simple.redirects.items():
        if target.startswith("/dev/tcp/"):
            return await _tcp(call, target)
        if stream == "0":
            content = Files(call.box, call.network).read(target)
            if content is None:
                return await call.complain(f"sh: can't open {target}: no such file", 1)
            call.stdin = Pipe()
            await call.stdin.write(content)
            call.stdin.end()
        elif stream == "2":
            call.err = call.out if target == "&1" else Nowhere()
        else:
            call.out = call.err if target == "&2" else Nowhere()
    return None


async def _tcp(call: Call, target: str) -> int:
    """Bash connects to /dev/tcp/HOST/PORT."""
    host, _, port = target.removeprefix("/dev/tcp/").partition("/")
    reach = await call.network.reach(call.box, host, int(port))
    if reach is Reach.OPEN:
        return 0
    why = {Reach.REFUSED: "Connection refused", Reach.LOST: "Connection timed out"}.get(reach, "Name does not resolve")
    return await call.complain(f"bash: connect: {why}\nbash: line 1: {target}: {why}")


async def _builtin(call: Call, status: int) -> int:
    name = call.argv[0]
    if name == "exit":
        raise Leave(int(call.args[0]) if call.args else status)
    if name in ("command", "which", "type"):
        wanted = call.operands()[-1] if call.operands() else ""
        if find(call.box, wanted) is None:
            return 127 if name == "command" else 1
        await call.say(f"/usr/bin/{wanted}")
        return 0
    if name in ("export", ":", "cd", "set", "trap"):
        return 0
    return await run(call)


async def timeout(call: Call) -> int:
    """`timeout [-t] SECONDS COMMAND…`; 124 when it was too slow."""
    words = [a for a in call.args if a != "-t"]
    try:
        async with asyncio.timeout(call.box.world.pace.seconds(float(words[0].rstrip("s")))):
            return await run(call.again(words[1:]))
    except TimeoutError:
        return 124


_COMMANDS: dict[str, Command] = {
    **text.COMMANDS, **system.COMMANDS, **net.COMMANDS, **client.COMMANDS,
    "sh": shell, "ash": shell, "bash": shell, "timeout": timeout,
}  # fmt: skip
