"""The audit trail as the gate uses it: off the event loop, in order, and never forgetting what could not be written."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

import msgspec

from providers.core.action import Plan, Risk
from providers.core.audit import Audit, Scene
from providers.core.confirmation import Confirmation
from providers.core.errors import AuditError

T = TypeVar("T")


class Journal:
    """Writes lines one after the other on a thread of its own (fsync blocks).

    A line about something that already happened and could not be written is owed: it is written before any other, and
    as long as it cannot be, nothing else is recorded, so that no further change gets past its intent.
    """

    def __init__(self, audit: Audit, scene: Scene) -> None:
        self.scene = scene
        self._audit = audit
        self._owed: deque[Callable[[], object]] = deque()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="audit")

    @property
    def owes(self) -> int:
        """Lines that could not be written so far."""
        return len(self._owed)

    def identify(self, kube_user: str, aws_arn: str) -> None:
        """From now on the operator is known under these names, too."""
        self.scene = msgspec.structs.replace(self.scene, who=self.scene.who.with_identity(kube_user, aws_arn))

    def new_run(self) -> str:
        return self._audit.new_id()

    async def intent(self, plan: Plan, level: Risk, confirmation: Confirmation, run: str) -> None:
        """On disk when it returns. Raises AuditError."""
        scene, typed, reason = self.scene, confirmation.typed, confirmation.reason
        await self._done(self._post(lambda: self._audit.intent(scene, plan, level, typed, reason, run)))

    async def sending(self, plan: Plan, run: str) -> None:
        """On disk when it returns: from here on the request may have left. Raises AuditError."""
        scene = self.scene
        await self._done(self._post(lambda: self._audit.outcome(scene, plan, run, "", "sending", "sent")))

    async def outcome(self, kind: str, plan: Plan, run: str, verdict: str, message: str) -> None:
        """Raises AuditError; the line is owed then, unless it is a refusal, which changed nothing."""
        await self._done(self.post_outcome(kind, plan, run, verdict, message))

    def post_outcome(self, kind: str, plan: Plan, run: str, verdict: str, message: str) -> Future[Any]:
        """The same without waiting, for when there is no time left."""
        scene = self.scene
        work = lambda: self._audit.outcome(scene, plan, run, verdict, message, kind)  # noqa: E731 - bound to this scene
        return self._post(work, owe=kind != "refused")

    def post_note(self, kind: str, message: str, *, reason: str = "") -> Future[Any]:
        """Arm and disarm, without waiting."""
        scene = self.scene
        return self._post(lambda: self._audit.note(scene, kind, message, reason=reason), owe=kind == "disarm")

    async def note(self, kind: str, message: str, *, run: str = "", target: str = "", reason: str = "") -> None:
        """On disk when it returns. Raises AuditError."""
        scene = self.scene
        await self._done(
            self._post(lambda: self._audit.note(scene, kind, message, run=run, target=target, reason=reason))
        )

    async def close(self, deadline: float) -> bool:
        """Wait up to `deadline` seconds for what is being written; nothing can be written afterwards."""
        try:
            last = asyncio.wrap_future(self._pool.submit(lambda: None))
        except RuntimeError:  # it was closed before
            return True
        self._pool.shutdown(wait=False)
        done, _ = await asyncio.wait({last}, timeout=deadline)
        return bool(done)

    @staticmethod
    async def _done(future: Future[Any]) -> None:
        # Whoever waits may be cancelled; the line may not.
        await asyncio.shield(asyncio.wrap_future(future))

    def _post(self, work: Callable[[], T], *, owe: bool = False) -> Future[T]:
        try:
            return self._pool.submit(self._write, work, owe)
        except RuntimeError as error:
            raise AuditError("the audit trail is closed: the console is being left") from error

    def _write(self, work: Callable[[], T], owe: bool) -> T:
        try:
            while self._owed:
                self._owed[0]()
                self._owed.popleft()
            return work()
        except AuditError:
            if owe:
                self._owed.append(work)
            raise
