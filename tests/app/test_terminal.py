"""What the console really writes to a terminal: mouse and colours only where they are wanted, and the screen back."""

from __future__ import annotations

import asyncio
import fcntl
import os
import pty
import re
import struct
import sys
import termios
from pathlib import Path

import pytest
import yaml

from sandbox.cluster.cluster import Cluster

MOUSE = "\x1b[?1000h"
BACK = "\x1b[?1049l"
# Every colour but the terminal's own (39, 49).
COLOUR = re.compile(r"\x1b\[(?:\d+;)*(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?:;\d+)*m")


class Session:
    """A console in a terminal of its own."""

    def __init__(self, config: Path, environ: dict[str, str]) -> None:
        self._config = config
        self._environ = {k: v for k, v in os.environ.items() if k not in {"NO_COLOR", "COLORTERM", "TEXTUAL"}} | environ
        self.written = ""

    async def until(self, text: str) -> None:
        async with asyncio.timeout(30):
            while text not in self.written:
                await self._more.wait()
                self._more.clear()

    async def run(self) -> int:
        """Start, wait for the pods, leave with q; the exit code."""
        self._more = asyncio.Event()
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tui", "--config", str(self._config),
            stdin=theirs, stdout=theirs, stderr=theirs, env=self._environ,
        )  # fmt: skip
        os.close(theirs)
        loop = asyncio.get_running_loop()
        loop.add_reader(ours, self._take, loop, ours)
        await self.until("Running")
        os.write(ours, b"q")
        code = await asyncio.wait_for(child.wait(), 20)
        await self.until(BACK)
        loop.remove_reader(ours)
        os.close(ours)
        return code

    def _take(self, loop: asyncio.AbstractEventLoop, descriptor: int) -> None:
        try:
            self.written += os.read(descriptor, 65536).decode("utf-8", "replace")
        except OSError:  # how Linux says that the other side has closed
            loop.remove_reader(descriptor)
        self._more.set()


def config_of(path: Path, cluster: Cluster, **more: object) -> Path:
    place = path / "console.yaml"
    environments = {"lab": {"kubernetes": {"kubeconfig": str(cluster.kubeconfigs["oncall"])}}}
    place.write_text(yaml.safe_dump({"environments": environments, "state_dir": str(path / "state"), **more}))
    place.chmod(0o600)
    return place


@pytest.mark.parametrize("mouse", [True, False])
async def test_the_mouse_is_taken_only_where_it_is_wanted(tmp_path: Path, cluster: Cluster, mouse: bool) -> None:
    session = Session(config_of(tmp_path, cluster, mouse=mouse), {"TERM": "xterm-256color"})
    assert await session.run() == 0
    assert (MOUSE in session.written) == mouse


@pytest.mark.parametrize(
    ("environ", "coloured"),
    [
        ({"TERM": "xterm-256color"}, True),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, False),
        ({"TERM": "xterm-256color", "NO_COLOR": ""}, True),
        ({"TERM": "linux"}, True),
    ],
)
async def test_colours(tmp_path: Path, cluster: Cluster, environ: dict[str, str], coloured: bool) -> None:
    session = Session(config_of(tmp_path, cluster), environ)
    assert await session.run() == 0
    assert bool(COLOUR.search(session.written)) == coloured
    # Sixteen colours are written as such: nothing of 256, nothing of 24 bits.
    assert ("38;5;" in session.written) == (coloured and environ["TERM"] != "linux")
    # Where the cursor stands is seen without any colour.
    assert "▌" in session.written
    assert "▸" in session.written
