"""A line to type into that takes keys in the order in which they come."""

from __future__ import annotations

from textual import events
from textual.binding import NoBinding
from textual.widgets import Input


class Field(Input):
    """Over a slow link many keys arrive at once.

    Textual inserts characters at once and runs bound keys (backspace, enter) by way of the application, later: what
    was typed after a backspace would be deleted by it. Here every key is done when the next one is looked at.
    """

    async def _on_key(self, event: events.Key) -> None:
        try:
            bound = self._bindings.get_bindings_for_key(event.key)
        except NoBinding:
            await super()._on_key(event)
            return
        event.stop()
        event.prevent_default()
        await self.run_action(bound[0].action)
