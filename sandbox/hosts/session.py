"""One session of a client: a single command, its streams, and its end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import asyncssh

from sandbox.shell.call import Sink
from sandbox.shell.pipe import Pipe

_BROKEN = 255
_PACKET = 16_384

Answer = Callable[[str | None, Pipe, Sink, Sink], Awaitable[int]]
"""Runs a command line (None: a shell was asked for) with stdin, stdout and stderr; returns the exit code."""


class _In(Pipe):
    """What the client sends; it is held back while nobody reads."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session

    async def read(self) -> bytes:
        chunk = await super().read()
        self._session.hold_back(full=self.full)
        return chunk


class _Out:
    """Writes to the channel, and waits while the client is behind."""

    def __init__(self, session: Session, datatype: int | None) -> None:
        self._session = session
        self._datatype = datatype

    async def write(self, data: bytes) -> None:
        await self._session.send(data, self._datatype)


class Session(asyncssh.SSHServerSession[bytes]):
    """Takes no terminal and no subsystem. The command ends with the channel; `tasks` holds it while it runs."""

    def __init__(self, answer: Answer, tasks: set[asyncio.Task[None]]) -> None:
        self._answer = answer
        self._tasks = tasks
        self._line: str | None = None
        self._stdin = _In(self)
        self._writable = asyncio.Event()
        self._writable.set()
        self._task: asyncio.Task[None] | None = None
        self._signal: str | None = None
        # Lines that come one by one travel together.
        self._held = bytearray()
        self._datatype: int | None = None
        self._flushing: asyncio.Handle | None = None

    def connection_made(self, chan: asyncssh.SSHServerChannel[bytes]) -> None:
        self._chan = chan

    # -- what is asked for

    def shell_requested(self) -> bool:
        return True

    def exec_requested(self, command: str) -> bool:
        self._line = command
        return True

    def session_started(self) -> None:
        self._task = asyncio.create_task(self._live(), name=f"ssh {self._line}")
        self._tasks.add(self._task)
        self._task.add_done_callback(self._tasks.discard)

    async def _live(self) -> None:
        code = _BROKEN
        try:
            out, err = _Out(self, None), _Out(self, asyncssh.EXTENDED_DATA_STDERR)
            code = await self._answer(self._line, self._stdin, out, err)
        finally:
            self._flush()
            if self._signal is not None:
                self._chan.exit_with_signal(self._signal)
            elif not self._chan.is_closing():
                self._chan.exit(code)

    # -- what the client does meanwhile

    def data_received(self, data: bytes, datatype: int | None) -> None:
        self._stdin.offer(data)
        self.hold_back(full=self._stdin.full)

    def eof_received(self) -> bool:
        self._stdin.end()
        return True

    def signal_received(self, signal: str) -> None:
        if self._task is not None and not self._task.done():
            self._signal = signal
            self._task.cancel()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._task is not None:
            self._task.cancel()

    def hold_back(self, *, full: bool) -> None:
        """Let the client send, or not.

        While it is held back the end of its channel is seen only once the command reads again, that of its connection
        always: SSH puts the end of a channel behind its data.
        """
        if full:
            self._chan.pause_reading()
        else:
            self._chan.resume_reading()

    async def send(self, data: bytes, datatype: int | None) -> None:
        """Write once the client has room. Raises BrokenPipeError when it has gone."""
        await self._writable.wait()
        if self._chan.is_closing():
            raise BrokenPipeError
        if datatype != self._datatype:
            self._flush()
        self._datatype = datatype
        self._held += data
        if len(self._held) >= _PACKET:
            self._flush()
            await asyncio.sleep(0)
        elif self._flushing is None:
            self._flushing = asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        if self._flushing is not None:
            self._flushing.cancel()
            self._flushing = None
        if self._held and not self._chan.is_closing():
            self._chan.write(bytes(self._held), self._datatype)
        self._held.clear()
