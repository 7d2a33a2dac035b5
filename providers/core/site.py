"""One environment, opened: its providers, its gate and its audit trail."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

from providers.core.action import Action, Outcome, Plan, Progress
from providers.core.check import Check
from providers.core.errors import UsageError
from providers.core.feed import Feed
from providers.core.provider import Provider

if TYPE_CHECKING:
    from collections.abc import Callable

    from providers.core.audit import Audit
    from providers.core.config import Config, Environment
    from providers.core.gate import Confirmation, Gate
    from providers.core.operator import Operator


class Site:
    """What the interface and the command line share. Built anywhere, opened and used on the core's loop."""

    def __init__(
        self,
        name: str,
        config: Config,
        environment: Environment,
        providers: Sequence[Provider],
        gate: Gate,
        audit: Audit,
        operator: Operator,
    ) -> None:
        self.name = name
        self.config = config
        self.environment = environment
        self.providers = tuple(providers)
        self.gate = gate
        self.audit = audit
        self.operator = operator
        self._stack = AsyncExitStack()

    @property
    def production(self) -> bool:
        return self.environment.production

    async def open(self) -> None:
        """Enter every provider; one that cannot be opened shows its own cause and does not stop the others."""
        await asyncio.gather(*(self._stack.enter_async_context(provider) for provider in self.providers))

    async def close(self) -> None:
        """Disarm, let what is in flight end (bounded), then close every provider."""
        self.gate.disarm("the environment was closed")
        await self.gate.drain(10.0)
        await self._stack.aclose()

    def provider(self, name: str) -> Provider:
        """Raises UsageError when this environment has no such system."""
        found = next((provider for provider in self.providers if provider.name == name), None)
        if found is None:
            have = ", ".join(provider.name for provider in self.providers) or "none"
            raise UsageError(f"environment {self.name} has no {name}", fix=f"configured here: {have}")
        return found

    def feeds(self) -> Iterator[Feed[Any]]:
        return (feed for provider in self.providers for feed in (provider.light, *provider.feeds.values()))

    def checks(self) -> list[Check]:
        return [check for provider in self.providers for check in provider.checks]

    def actions(self, kind: str = "") -> list[Action]:
        """Every action, or those that can be offered for one kind of target."""
        every = [action for provider in self.providers for action in provider.actions]
        return [action for action in every if not kind or kind in action.kinds]

    async def run(self, plan: Plan, confirmation: Confirmation, report: Callable[[Progress], None]) -> Outcome:
        """Hand a confirmed plan to the gate; always an outcome, never an exception."""
        known = {p.name: p.identity for p in self.providers}
        self.gate.identify(kube_user=known.get("kube", ""), aws_arn=known.get("aws", ""))
        return await self.gate.run(plan, confirmation, report)
