"""Talking to a running sandbox: one JSON line there, one back, over a socket only its user can open."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from providers.core.errors import FusionError, Unreachable, UsageError
from sandbox.estate import PREFIX, Estate
from sandbox.owner import living

DEADLINE = 90.0
"""Seconds a request may take: some faults wait until they really show."""


async def serve(estate: Estate, stop: Callable[[], None]) -> asyncio.Server:
    """Answer requests on the estate's control socket."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            reply = await _reply(estate, stop, json.loads(await reader.readline()))
        except FusionError as error:
            reply = {"error": error.message, "fix": error.fix}
        except TimeoutError:
            reply = {"error": "it did not come about in time", "fix": "fusion-console sandbox status"}
        except ValueError:
            reply = {"error": "not a JSON line", "fix": ""}
        writer.write(json.dumps(reply).encode() + b"\n")
        await writer.drain()
        writer.close()

    before = os.umask(0o177)
    try:
        return await asyncio.start_unix_server(answer, str(estate.control))
    finally:
        os.umask(before)


async def _reply(estate: Estate, stop: Callable[[], None], asked: dict[str, Any]) -> dict[str, Any]:
    match asked.get("verb"):
        case "break":
            for name in asked["names"]:
                await estate.break_(name)
        case "heal":
            for name in asked["names"] or [None]:
                await estate.heal(name)
        case "stop":
            stop()
        case "where" | "status":
            pass
        case verb:
            raise UsageError(f"no request {verb!r}")
    return {"where": estate.where(), "broken": sorted(estate.broken)}


def ask(verb: str, names: tuple[str, ...] = (), at: Path | None = None) -> dict[str, Any]:
    """Send one request to the sandbox at `at`, or to the newest that runs. Raises Unreachable, UsageError."""
    path = at or _newest()
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(DEADLINE)
        try:
            connection.connect(str(path))
            connection.sendall(json.dumps({"verb": verb, "names": list(names)}).encode() + b"\n")
            reply: dict[str, Any] = json.loads(connection.makefile().readline() or "{}")
        except (OSError, ValueError) as error:
            raise Unreachable(f"the sandbox at {path} does not answer: {error}") from None
    if "error" in reply:
        raise UsageError(reply["error"], fix=reply["fix"])
    return reply


def running() -> dict[str, Any] | None:
    """Where the newest running sandbox is; None when none answers."""
    try:
        where: dict[str, Any] = ask("where")["where"]
    except (Unreachable, UsageError):
        return None
    return where


def _newest() -> Path:
    found = [d / "control.sock" for d in living(Path(tempfile.gettempdir()), PREFIX) if (d / "control.sock").exists()]
    if not found:
        raise Unreachable("no sandbox is running", fix="fusion-console sandbox up")
    return found[0]
