"""Commands as processes: for exec, for the log of a container, and for probes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

from sandbox.cluster.nodes.network import Network
from sandbox.cluster.nodes.programs.box import Box
from sandbox.cluster.nodes.shell import run as shell
from sandbox.cluster.nodes.shell.call import Call
from sandbox.shell import line
from sandbox.shell.call import Sink
from sandbox.shell.pipe import Pipe

KILLED = 137
_WAITING = 64


class _Stream:
    """Tags chunks with the name of their stream and hands them to the one who reads the process."""

    def __init__(self, name: str, chunks: asyncio.Queue[tuple[str, bytes]]) -> None:
        self._name = name
        self._chunks = chunks

    async def write(self, data: bytes) -> None:
        if data:
            await self._chunks.put((self._name, data))
        await asyncio.sleep(0)


class _LogSink:
    """Writes whole lines to the log of a box."""

    def __init__(self, box: Box, stream: str) -> None:
        self._box = box
        self._stream = stream
        self._rest = b""

    async def write(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        if lines:
            self._box.ring.write_many(lines, stream=self._stream)
        await asyncio.sleep(0)


class _Capture:
    def __init__(self) -> None:
        self.data = b""

    async def write(self, data: bytes) -> None:
        self.data += data


def _call(
    box: Box, network: Network, argv: Sequence[str], stdin: Pipe, out: Sink, err: Sink, *, tty: bool = False
) -> Call:
    env = {**box.env, **({"TERM": "xterm"} if tty else {})}
    return Call(
        argv=list(argv), stdin=stdin, out=out, err=err, env=env, tty=tty, box=box, network=network, tools=shell.find
    )


def _no_input() -> Pipe:
    pipe = Pipe()
    pipe.end()
    return pipe


async def run_to_log(box: Box, network: Network, argv: Sequence[str]) -> int:
    """Run a container's own command line; its output is the log."""
    call = _call(box, network, argv, _no_input(), _LogSink(box, "stdout"), _LogSink(box, "stderr"))
    return await line.run(call)


async def run_captured(box: Box, network: Network, argv: Sequence[str]) -> tuple[int, str]:
    """Run a probe's command: exit code and output."""
    capture = _Capture()
    code = await line.run(_call(box, network, argv, _no_input(), capture, capture))
    return code, capture.data.decode(errors="replace")


class ShellProcess:
    """Implements `seams.Process`. Its output waits while nobody reads it."""

    def __init__(self, box: Box, network: Network, argv: Sequence[str], *, tty: bool) -> None:
        self.exit_code: int | None = None
        self._chunks: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue(_WAITING)
        self._stdin = Pipe()
        out = _Stream("stdout", self._chunks)
        err = out if tty else _Stream("stderr", self._chunks)
        self._call = _call(box, network, argv, self._stdin, out, err, tty=tty)
        self._task = asyncio.create_task(self._live(), name=f"exec {argv[0]}")

    async def _live(self) -> None:
        code = KILLED
        try:
            code = await line.run(self._call)
        finally:
            self.exit_code = code

    async def output(self) -> AsyncIterator[tuple[str, bytes]]:
        """See `Process`."""
        while True:
            if self._chunks.empty() and self._task.done():
                return
            getting = asyncio.ensure_future(self._chunks.get())
            try:
                await asyncio.wait({getting, self._task}, return_when=asyncio.FIRST_COMPLETED)
                if getting.done():
                    yield getting.result()
            finally:
                getting.cancel()

    async def feed(self, data: bytes) -> None:
        """See `Process`; input after the end goes nowhere."""
        try:
            if data:
                await self._stdin.write(data)
            else:
                self._stdin.end()
        except BrokenPipeError:
            return

    async def kill(self) -> None:
        """See `Process`."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    @property
    def done(self) -> bool:
        """Whether it has ended."""
        return self._task.done()
