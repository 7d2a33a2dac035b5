"""A sandbox of one's own: in a child process, so that it never stalls the screen, and no longer than its parent."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from providers.core.errors import Unreachable

READY_DEADLINE = 30.0
STOP_DEADLINE = 5.0


@contextmanager
def started() -> Iterator[Path]:
    """The configuration file of a fresh estate. Raises Unreachable when it does not get ready."""
    command = [sys.executable, "-m", "sandbox", "up", "--json", "--with-parent", str(os.getpid())]
    child = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )
    try:
        yield Path(_ready(child)["config"])
    finally:
        _stop(child)


def _ready(child: subprocess.Popen[bytes]) -> dict[str, str]:
    assert child.stdout is not None
    with selectors.DefaultSelector() as selector:
        selector.register(child.stdout, selectors.EVENT_READ)
        line = child.stdout.readline() if selector.select(READY_DEADLINE) else b""
    if not line:
        child.kill()
        said = child.stderr.read().decode("utf-8", "replace").strip() if child.stderr else ""
        raise Unreachable(f"the sandbox did not start: {said[-400:] or 'no word from it'}")
    where: dict[str, str] = json.loads(line)
    return where


def _stop(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    with suppress(subprocess.TimeoutExpired):
        child.wait(STOP_DEADLINE)
    if child.poll() is None:
        child.kill()
        child.wait()
