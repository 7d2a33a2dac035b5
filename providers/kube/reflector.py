"""A list and the watch that continues it: the whole picture of one kind, kept across reconnects."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress
from operator import attrgetter
from typing import Any, Final, Generic, TypeVar

import msgspec

from providers.core.errors import Expired, Garbled, NotFound, ServerFault
from providers.core.feed import Feed, FeedFailed
from providers.core.provider import Light
from providers.kube import wire
from providers.kube.client import KubeClient
from providers.kube.slices import in_slices
from providers.kube.values import Value
from providers.kube.watch import Skipped, watch

V = TypeVar("V", bound=Value)

PAGE = 500
GATHER = 0.1
"""Seconds in which changes are gathered into one picture: at most ten pictures a second."""


RELIST_PAUSE = 30.0
"""Seconds before an expired resume point may lead to another list at once; then the back-off takes over."""
SHORTEST = 5.0
SILENCE = 6.0
"""Seconds without a pulse after which what is shown is not current any more."""


OLDER = {"/apis/policy/v1/": "/apis/policy/v1beta1/"}
"""Where a cluster before 1.21 keeps the same shape."""


_PLACE: Final = attrgetter("namespace", "name")


class _List(msgspec.Struct):
    metadata: wire.ListMeta
    items: list[msgspec.Raw] = []


class _Versioned(msgspec.Struct):
    metadata: wire.Meta


class Reflector(Generic[V]):
    """Keeps {uid: value} and the resume point of one kind at one path.

    `stream` is what a Feed opens: it lists when it must (first time, 410), watches from the last version otherwise, and
    yields all values sorted by namespace and name after each burst of changes and after each pulse of the cluster.
    """

    def __init__(
        self,
        client: KubeClient,
        path: str,
        shape: type[Any],
        convert: Callable[[Any], V],
        pulse: Feed[Light],
    ) -> None:
        self._client = client
        self._path = path
        self._decoder = msgspec.json.Decoder(shape)
        self._convert = convert
        self._pulse = pulse
        self._items: dict[str, V] = {}
        self._version = ""
        self._picture: tuple[V, ...] = ()
        self._relisted = float("-inf")
        self._heard_at = float("-inf")
        self.skipped = Skipped()

    async def stream(self) -> AsyncGenerator[tuple[V, ...], None]:
        """Yield whole pictures; raises what broke it, and goes on from its resume point when opened again."""
        opened = time.monotonic()
        fresh = not self._version
        if fresh:
            await self._list()
        stir = asyncio.Event()
        beat = self._pulse.subscribe(stir.set)
        watching = asyncio.create_task(self._watch(stir), name=f"watch {self._path}")
        try:
            if fresh:
                yield self._draw()
            while True:
                await stir.wait()
                await asyncio.sleep(GATHER)
                stir.clear()
                if watching.done():
                    await self._ended(watching)
                    watching = asyncio.create_task(self._watch(stir), name=f"watch {self._path}")
                self._raise_when_silent()
                if self._proved_since(opened):
                    yield self._draw()
        finally:
            beat()
            watching.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await watching

    async def _ended(self, watching: asyncio.Task[None]) -> None:
        """Raise what ended the watch; an expired resume point is answered by listing anew, once in a while."""
        try:
            await watching
        except Expired:
            now = time.monotonic()
            if now - self._relisted < RELIST_PAUSE:
                raise
            self._relisted = now
            await self._list()

    def _proved_since(self, opened: float) -> bool:
        """Whether the cluster has spoken since: what was kept over a cut is not current before that."""
        pulse = self._pulse.latest
        return self._heard_at > opened or (pulse.fault is None and pulse.seen > opened)

    def _raise_when_silent(self) -> None:
        reading = self._pulse.latest
        if reading.fault is not None and time.monotonic() - reading.seen > SILENCE:
            raise FeedFailed(reading.fault, self._client.source)

    async def _list(self) -> None:
        """Page through everything; a continue token that expired means: from the beginning."""
        items: dict[str, V] = {}
        token = ""
        while True:
            page = await self._page(token)
            async for raw in in_slices(page.items):
                self._put(items, raw)
            token = page.metadata.continue_
            if not token:
                break
        self._items, self._version = items, page.metadata.resource_version
        self._redraw()

    async def _page(self, token: str) -> _List:
        params: dict[str, str | int] = {"limit": PAGE}
        if token:
            params["continue"] = token
        body = await self._served(params)
        try:
            return msgspec.json.decode(body, type=_List)
        except msgspec.DecodeError:
            raise Garbled(f"GET {self._path}: not a list", source=self._client.source) from None

    async def _served(self, params: dict[str, str | int]) -> bytes:
        """The list from where this cluster serves it; an older one knows some groups by their beta version only."""
        try:
            return await self._client.get(self._path, params)
        except NotFound:
            older = next((self._path.replace(new, old) for new, old in OLDER.items() if new in self._path), self._path)
            if older == self._path:
                raise
            self._path = older
            return await self._client.get(self._path, params)

    async def _watch(self, stir: asyncio.Event) -> None:
        """One watch to its end. An expired resume point is forgotten, so that the next opening lists anew.

        A watch that ends at once with nothing is a fault: without the feed's back-off it would hammer the server.
        """
        started, changed = time.monotonic(), 0
        asked = (self._client, self._path, self._version, self.skipped, lambda: self._accepted(stir))
        try:
            async with aclosing(watch(*asked)) as changes:
                async for change in changes:
                    self._apply(change.type, change.object)
                    changed += 1
                    if change.type != "BOOKMARK":
                        stir.set()
            if not changed and time.monotonic() - started < SHORTEST:
                raise ServerFault("the watch ended as soon as it began", source=self._client.source)
        except Expired:
            self._version = ""
            raise
        finally:
            stir.set()

    def _accepted(self, stir: asyncio.Event) -> None:
        """The cluster goes on from where it was left: it has spoken."""
        self._heard_at = time.monotonic()
        stir.set()

    def _apply(self, kind: str, raw: msgspec.Raw) -> None:
        meta = msgspec.json.decode(raw, type=_Versioned).metadata
        self._version = meta.resource_version or self._version
        self._heard_at = time.monotonic()
        if kind == "DELETED":
            self._items.pop(meta.uid, None)
        elif kind != "BOOKMARK":
            self._put(self._items, raw)
        self._picture = ()

    def _put(self, items: dict[str, V], raw: msgspec.Raw) -> None:
        value = self._convert(self._decoder.decode(raw))
        items[value.uid] = value

    def _draw(self) -> tuple[V, ...]:
        if not self._picture:
            self._redraw()
        return self._picture

    def _redraw(self) -> None:
        self._picture = tuple(sorted(self._items.values(), key=_PLACE))
