"""One watch request: bytes to events. It knows nothing of lists, resume points or reconnecting."""

from __future__ import annotations

import random
from collections.abc import AsyncGenerator, AsyncIterable, Callable
from contextlib import aclosing
from typing import Final

import msgspec

from providers.core.errors import Expired, Garbled, ServerFault
from providers.core.text import clean
from providers.kube.client import KubeClient

LONGEST_LINE: Final = 4 * 1024 * 1024
IDLE: Final = 90.0
"""Seconds without a byte after which a watch is dead; bookmarks come about every minute."""


class Change(msgspec.Struct, frozen=True, gc=False):
    """One event of a watch: ADDED, MODIFIED, DELETED or BOOKMARK, and the object still encoded."""

    type: str
    object: msgspec.Raw


class _Failure(msgspec.Struct):
    code: int = 0
    message: str = ""


_DECODER = msgspec.json.Decoder(Change)


class Skipped(msgspec.Struct):
    """How many lines of a stream were too long to be read."""

    lines: int = 0


async def watch(
    client: KubeClient, path: str, version: str, skipped: Skipped, accepted: Callable[[], object]
) -> AsyncGenerator[Change, None]:
    """Yield changes after `version` until the server ends the request; `accepted` is called when it begins to answer.

    Raises Expired (410, on HTTP or in the stream), Garbled for what is no JSON, and what the client raises.
    """
    seconds = random.randint(300, 600)  # noqa: S311 - spreads the reconnects of many consoles
    params: dict[str, str | int] = {
        "watch": "1",
        "resourceVersion": version,
        "allowWatchBookmarks": "true",
        "timeoutSeconds": seconds,
    }
    async with aclosing(client.stream(path, params, idle=IDLE)) as chunks:
        async for line in lines_of(_told(chunks, accepted), skipped):
            yield _change(line, client.source)


async def _told(chunks: AsyncIterable[bytes], accepted: Callable[[], object]) -> AsyncGenerator[bytes, None]:
    async for chunk in chunks:
        if chunk:
            yield chunk
        else:
            accepted()


async def lines_of(
    chunks: AsyncIterable[bytes], skipped: Skipped, longest: int = LONGEST_LINE
) -> AsyncGenerator[bytes, None]:
    """Split a byte stream at newlines, whatever the chunks; a line longer than `longest` is skipped and counted."""
    rest, skipping = bytearray(), False
    async for chunk in chunks:
        pieces = chunk.split(b"\n")
        for piece in pieces[:-1]:
            rest += piece
            if not skipping and rest.strip():
                yield bytes(rest)
            rest.clear()
            skipping = False
        if not skipping:
            rest += pieces[-1]
        if len(rest) > longest:
            skipped.lines += 1
            skipping = True
            rest.clear()
    if rest.strip() and not skipping:
        yield bytes(rest)


def _change(line: bytes, source: str) -> Change:
    try:
        change = _DECODER.decode(line)
        if change.type != "ERROR":
            return change
        failure = msgspec.json.decode(change.object, type=_Failure)
    except msgspec.DecodeError:
        raise Garbled("the watch sent something that is not JSON", source=source) from None
    if failure.code == 410:
        raise Expired(clean(failure.message, 200), source=source)
    raise ServerFault(f"the watch failed: {clean(failure.message, 200)}", source=source)
