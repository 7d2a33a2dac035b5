"""A sandbox of one's own: in a child process, so that it never stalls the screen, and no longer than its parent."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from providers.core.errors import Unreachable

READY_DEADLINE = 30.0
STOP_DEADLINE = 5.0

AWS_FILES = {"AWS_SHARED_CREDENTIALS_FILE": "aws_credentials", "AWS_CONFIG_FILE": "aws_config"}
"""Variables that lead every client of AWS to the estate's profile, and the facts they take their values from."""


def lead_to_the_account(where: Mapping[str, Any]) -> None:
    """Let this process, and those it starts, know the account of the estate and no other."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update({name: where[fact] for name, fact in AWS_FILES.items() if fact in where})


@contextmanager
def started() -> Iterator[dict[str, Any]]:
    """Where everything of a fresh estate is. Raises Unreachable when it does not get ready."""
    command = [sys.executable, "-m", "sandbox", "up", "--json", "--with-parent", str(os.getpid())]
    child = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )
    try:
        yield _ready(child)
    finally:
        _stop(child)


def _ready(child: subprocess.Popen[bytes]) -> dict[str, Any]:
    assert child.stdout is not None
    with selectors.DefaultSelector() as selector:
        selector.register(child.stdout, selectors.EVENT_READ)
        line = child.stdout.readline() if selector.select(READY_DEADLINE) else b""
    if not line:
        child.kill()
        said = child.stderr.read().decode("utf-8", "replace").strip() if child.stderr else ""
        raise Unreachable(f"the sandbox did not start: {said[-400:] or 'no word from it'}")
    where: dict[str, Any] = json.loads(line)
    return where


def _stop(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    with suppress(subprocess.TimeoutExpired):
        child.wait(STOP_DEADLINE)
    if child.poll() is None:
        child.kill()
        child.wait()
