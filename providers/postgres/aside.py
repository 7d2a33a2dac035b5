"""Work of libraries that block, in threads that nobody waits for when the console is left."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from providers.core.errors import FusionError

T = TypeVar("T")


async def aside(work: Callable[[], T], name: str) -> T:
    """What it returns; raises the FusionError or OSError it raises. The caller sets the deadline.

    The loop's own executor is joined at the end of the process: a resolver that hangs would keep it from ending.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: Exception | None) -> None:
        if future.done():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)  # type: ignore[arg-type]

    def run() -> None:
        result, problem = None, None
        try:
            result = work()
        except (FusionError, OSError) as error:
            problem = error
        with suppress(RuntimeError):  # the loop was closed meanwhile: nobody waits
            loop.call_soon_threadsafe(settle, result, problem)

    threading.Thread(target=run, name=name, daemon=True).start()
    return await future


async def addresses(host: str, port: int) -> list[str]:
    """The IP addresses of a name, in the resolver's order. Raises OSError (gaierror)."""
    answers = await aside(lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM), f"resolve {host[:40]}")
    return list(dict.fromkeys(str(answer[4][0]) for answer in answers))
