"""What a command line says about the logs it reads: states as they change, and what was lost."""

from __future__ import annotations

from typing import Final

from providers.kube.logs import LogState
from tui.commands import output
from tui.commands.exits import Exit

_COUNTED: Final = {
    "dropped": "dropped", "shortened": "too long, shown cut", "late": "came late, out of order",
    "gaps": "places where lines are missing or may be",
    "unsure": "rotations that hide whether lines are missing",
}  # fmt: skip
_QUIET: Final = frozenset({"live", "ended"})


class Truth:
    """Narrates on stderr; `exit` is the code it comes to."""

    def __init__(self) -> None:
        self._state = LogState()
        self._said: dict[str, str] = {}

    def tell(self, state: LogState) -> None:
        """Say what is new."""
        for stream in state.streams:
            label, words = stream.origin.label, f"{stream.state}{': ' + stream.detail if stream.detail else ''}"
            known = self._said.get(label, "")
            if words != known and (stream.state not in _QUIET or known or stream.detail):
                output.narrate(f"{label}: {words}")
                self._said[label] = words
        if state.pods and state.pods != self._state.pods:
            output.narrate(f"new pods cannot be seen: {state.pods}")
        risen = [name for name in _COUNTED if getattr(state, name) > getattr(self._state, name)]
        if risen:
            output.narrate(", ".join(f"{getattr(state, name)} {_COUNTED[name]}" for name in risen))
        self._state = state

    def exit(self) -> Exit:
        """3: none of the logs could be read; 1: lines are or may be missing."""
        states = {stream.state for stream in self._state.streams}
        if states and not states & _QUIET:
            return Exit.UNREACHABLE
        return Exit.FINDINGS if self._state.gaps or self._state.dropped else Exit.OK
