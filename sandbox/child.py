"""A program of the estate in a process of its own, that never outlives it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from providers.core.errors import Unreachable
from sandbox.owner import disown, record

LEASH = str(Path(__file__).with_name("leash.py"))
LOG_TAIL = 600
LOG_MOST = 1 << 20
"""Bytes of a log, after which the older half is dropped."""
LOG_LOOK = 5.0
"""Seconds between two looks at how long it has become."""


class Child:
    """Ends with the estate: on `stop`, when the estate's process dies (Linux), or at the next start of any estate."""

    def __init__(self, process: asyncio.subprocess.Process, home: Path, log: Path) -> None:
        self._process = process
        self._home = home
        self._log = log
        self._bounding = asyncio.create_task(self._bound())

    @classmethod
    async def start(
        cls,
        home: Path,
        name: str,
        command: Sequence[str],
        *,
        environ: Mapping[str, str] | None = None,
        uid: int = -1,
        speaks: bool = False,
        ending: signal.Signals = signal.SIGKILL,
    ) -> Child:
        """Run `command` (an absolute path and its arguments). `home` is the estate's directory.

        What it says goes to `home/name.log`; with `speaks` its standard output is read by `line` instead. `uid` is the
        user to become (root only). `ending` is the signal it gets when the estate's process dies.
        """
        log = home / f"{name}.log"
        with log.open("ab") as out:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-I", "-S", LEASH, str(os.getpid()), str(int(ending)), str(uid), *command,
                stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE if speaks else out, stderr=out,
                env=environ, start_new_session=True,
            )  # fmt: skip
        record(home, process.pid)
        return cls(process, home, log)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process.returncode is None

    async def line(self, deadline: float) -> str:
        """The next line it says. Raises Unreachable, with the end of its log, when none comes in time."""
        assert self._process.stdout is not None
        try:
            async with asyncio.timeout(deadline):
                said = await self._process.stdout.readline()
        except TimeoutError:
            said = b""
        if not said:
            raise self.silent(f"no word in {deadline:g} s")
        return said.decode("utf-8", "replace").rstrip("\n")

    def silent(self, why: str) -> Unreachable:
        """What to raise when it is not as it should be: the reason and the end of its log."""
        tail = self._log.read_bytes()[-LOG_TAIL:].decode("utf-8", "replace").strip()
        ended = "" if self.running else f", it ended with {self._process.returncode}"
        return Unreachable(f"{self._log.stem} did not start: {why}{ended}" + (f"\n{tail}" if tail else ""))

    async def stop(self, how: signal.Signals = signal.SIGTERM, deadline: float = 3.0) -> None:
        """Ask it to end, then end it and all it started; safe to call twice."""
        if self.running:
            self._signal(how)
            try:
                async with asyncio.timeout(deadline):
                    await self._process.wait()
            except TimeoutError:
                self._signal(signal.SIGKILL)
                await self._process.wait()
        self._bounding.cancel()
        disown(self._home, self.pid)

    async def _bound(self) -> None:
        while self.running:
            await asyncio.sleep(LOG_LOOK)
            with suppress(FileNotFoundError):
                shorten(self._log, LOG_MOST)

    def _signal(self, how: signal.Signals) -> None:
        try:
            # Its own group: a shell-like parent would leave its own children behind.
            (os.killpg if how is signal.SIGKILL else os.kill)(self.pid, how)
        except ProcessLookupError:
            return


def shorten(log: Path, most: int) -> None:
    """Drop the older half of a log that has become longer than `most` bytes. Whoever writes to it appends."""
    if log.stat().st_size <= most:
        return
    with log.open("r+b") as file:
        file.seek(-(most // 2), os.SEEK_END)
        _, _, kept = file.read().partition(b"\n")
        file.seek(0)
        file.write(kept)
        file.truncate()
