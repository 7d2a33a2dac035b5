"""Blocking work aside: its result and its errors come back, and what hangs keeps nobody."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from providers.core.errors import ConfigError
from providers.postgres.address import resolved
from providers.postgres.aside import addresses, aside


async def test_results_and_errors_come_back() -> None:
    assert await aside(lambda: 7, "seven") == 7
    for problem in (OSError("no"), ConfigError("no")):
        with pytest.raises(type(problem)):
            await aside(lambda problem=problem: _raise(problem), "broken")


def _raise(problem: Exception) -> None:
    raise problem


async def test_an_address_is_its_own() -> None:
    assert await addresses("127.0.0.1", 5432) == ["127.0.0.1"]
    with pytest.raises(OSError, match="known"):
        await addresses("db.invalid", 5432)


async def test_a_name_s_addresses_go_beside_it() -> None:
    found = await resolved({"host": "localhost", "port": "6000", "user": "x"})
    assert "127.0.0.1" in found["hostaddr"].split(",")
    assert set(found["host"].split(",")) == {"localhost"} and set(found["port"].split(",")) == {"6000"}
    for left in ({"host": "a,b"}, {"host": "/run"}, {}, {"host": "a", "hostaddr": "10.0.0.1"}):
        assert await resolved(dict(left)) == left


def test_a_process_ends_while_it_hangs() -> None:
    script = """
import asyncio, threading
from providers.postgres.aside import aside
async def main():
    try:
        async with asyncio.timeout(0.1):
            await aside(threading.Event().wait, "hangs")
    except TimeoutError:
        print("left")
asyncio.run(main())
"""
    started = time.monotonic()
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=True)
    assert (done.stdout.strip(), done.stderr) == ("left", "")
    assert time.monotonic() - started < 20
