"""A program on a terminal of its own: what it writes, when it wrote it, and keys to press."""

from __future__ import annotations

import fcntl
import os
import pty
import signal
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.benchmarks.screen import Screen

WIDTH, HEIGHT = 160, 50
DEADLINE = 60.0


class Terminal:
    """A process on a pty. Times are monotonic seconds; a mark is a place in what it has written so far."""

    def __init__(self, argv: Sequence[str], environ: Mapping[str, str], *, width: int = WIDTH, height: int = HEIGHT):
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))
        self._master = master
        self._chunks: list[tuple[float, bytes]] = []
        self._news = threading.Condition()
        self._ended = False
        self._screen = Screen(width, height)
        self._seen = 0
        self.began = time.monotonic()
        self._process = subprocess.Popen(
            argv, stdin=slave, stdout=slave, stderr=slave, env=dict(environ), start_new_session=True
        )
        os.close(slave)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()
        self._reader.join(5)
        os.close(self._master)

    def _end(self) -> None:
        for ask in (signal.SIGTERM, signal.SIGKILL):
            if self._process.poll() is None:
                self._process.send_signal(ask)
                try:
                    self._process.wait(5)
                except subprocess.TimeoutExpired:
                    continue

    def _read(self) -> None:
        while True:
            try:
                chunk = os.read(self._master, 1 << 16)
            except OSError:
                chunk = b""
            with self._news:
                self._ended = not chunk
                if chunk:
                    self._chunks.append((time.monotonic(), chunk))
                self._news.notify_all()
            if not chunk:
                return

    def press(self, keys: str) -> tuple[float, int]:
        """Type; (when, the mark from which on its effect can be seen)."""
        mark = len(self._chunks)
        now = time.monotonic()
        os.write(self._master, keys.encode())
        return now, mark

    def mark(self) -> int:
        return len(self._chunks)

    def until(self, text: str, mark: int = 0, *, gone: bool = False) -> float:
        """When `text` stood on the screen for the first time since `mark`, or with `gone` did not any more."""
        end = time.monotonic() + DEADLINE
        while True:
            if self._seen > mark and (text in self._screen.text()) != gone:
                return self._chunks[self._seen - 1][0]
            with self._news:
                while self._seen == len(self._chunks):
                    if self._ended or not self._news.wait(end - time.monotonic()):
                        raise TimeoutError(f"waited for {text!r}, there is:\n{self._screen.text()}")
            self._screen.feed(self._chunks[self._seen][1])
            self._seen += 1

    def written(self, start: float, end: float) -> int:
        """Bytes written between two moments."""
        return sum(len(chunk) for at, chunk in self._chunks if start <= at < end)

    def wait(self, deadline: float = DEADLINE) -> int:
        """Wait for its end; the exit code."""
        return self._process.wait(deadline)


def environment(home: Path) -> dict[str, str]:
    """The environment of a terminal with all colours; nothing of whoever runs the benchmarks gets in."""
    return {
        "HOME": str(home), "TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8",
        "PATH": os.environ["PATH"], "TMPDIR": str(home),
    }  # fmt: skip
