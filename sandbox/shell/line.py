"""Runs lines: pipelines one after the other as `;`, `&&` and `||` allow, with redirections and a few builtins."""

from __future__ import annotations

import asyncio

from sandbox.shell.call import Call, Nowhere, Sink
from sandbox.shell.parse import Pipeline, ShellSyntax, Simple, expand, parse
from sandbox.shell.pipe import Pipe

BROKEN_PIPE = 141
MISSING = 127


class Leave(Exception):
    """`exit` in a shell."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


async def run(call: Call) -> int:
    """Run one command; 127 when there is none of that name."""
    command = call.find(call.argv[0])
    if command is None:
        return await call.complain(call.wording.missing.format(name=call.argv[0]), MISSING)
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
    prompt = call.wording.prompt if call.tty else b""
    code = 0
    await call.out.write(prompt)
    async for line in call.stdin.lines():
        if line.strip():
            # The commands of an interactive shell read nothing: stdin is the shell's.
            code = await run_line(call, line.decode(errors="replace").rstrip("\r"))
        await call.out.write(prompt)
    return code


async def run_line(call: Call, line: str) -> int:
    """Run a line; returns the status of its last pipeline. Raises Leave."""
    try:
        pipelines = parse(line)
    except ShellSyntax as wrong:
        return await call.complain(call.wording.misread.format(wrong=wrong), 2)
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
            return await call.connect(target)
        if stream == "0":
            content = call.read(target)
            if content is None:
                return await call.complain(call.wording.no_input.format(path=target))
            call.stdin = Pipe()
            await call.stdin.write(content)
            call.stdin.end()
        elif stream == "2":
            call.err = call.out if target == "&1" else Nowhere()
        else:
            call.out = call.err if target == "&2" else Nowhere()
    return None


async def _builtin(call: Call, status: int) -> int:
    name = call.argv[0]
    if name == "exit":
        raise Leave(int(call.args[0]) if call.args else status)
    if name in ("command", "which", "type"):
        wanted = call.operands()[-1] if call.operands() else ""
        if call.find(wanted) is None:
            return MISSING if name == "command" else 1
        await call.say(f"/usr/bin/{wanted}")
        return 0
    if name in ("export", ":", "cd", "set", "trap"):
        return 0
    return await run(call)
