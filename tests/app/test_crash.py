"""A mistake of ours ends the console with a page that shows where it broke, and no value of any variable."""

from __future__ import annotations

import asyncio
import os
import pty
import sys
from pathlib import Path

PROGRAM = """
import sys
from pathlib import Path
from providers.core.runtime import Core
from tests.app.console import Provider, Screen, site_in
from tui.app import FusionApp, Mode

class Broken(Screen):
    def on_mount(self):
        password = "hunter2-" + "in-a-local"
        raise ValueError("broken by purpose \\x1b]0;owned\\x07 [/oops]")

core = Core()
core.start()
site = site_in(Path(sys.argv[1]), core, Provider(core, ()))
app = FusionApp(core, lambda name: site, site, (Mode("services", lambda c, s: Broken(c, s, None)),))
app.run()
core.stop()
sys.exit(app.return_code)
"""


async def test_the_crash_page_shows_no_locals(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, str(tmp_path), stdin=theirs, stdout=theirs, stderr=theirs,
        env=os.environ | {"TERM": "xterm-256color", "PYTHONPATH": str(Path.cwd())},
    )  # fmt: skip
    os.close(theirs)
    said = bytearray()
    reading = asyncio.create_task(asyncio.to_thread(_read_to_the_end, ours, said))
    assert await asyncio.wait_for(child.wait(), 40) == 1
    await reading
    os.close(ours)
    page = said.decode("utf-8", "replace")
    assert "broken by purpose" in page
    assert "on_mount" in page
    assert "[/oops]" in page
    assert "hunter2-in-a-local" not in page
    assert "\x1b]0;owned" not in page
    assert "\x1b[?1049l" in page, "the terminal is given back"


def _read_to_the_end(descriptor: int, into: bytearray) -> None:
    try:
        while block := os.read(descriptor, 65536):
            into += block
    except OSError:  # how Linux says that the other side has closed
        return
