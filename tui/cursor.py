"""Where one stands in a list: on a thing, not on a row."""

from __future__ import annotations

from collections.abc import Sequence


class Cursor:
    """`index` is the row; `gone` says that the thing it stood on has vanished by itself: then nothing is selected."""

    def __init__(self) -> None:
        self.index = 0
        self.gone = False
        self._key: str | None = None
        self._home: str | None = None

    def settle(self, keys: Sequence[str], *, chosen: bool) -> None:
        """Find the same thing in a list as it is now.

        When the operator narrowed the list (`chosen`), the first row is meant, and the thing from before is found again
        once it is back. When the list changed by itself, nothing but the thing itself may be selected.
        """
        if chosen and self._home in keys:
            self._key, self._home = self._home, None
        if self._key in keys:
            self.index, self.gone = keys.index(self._key), False
        elif keys and (self._key is None or chosen):
            self._home = self._home or self._key
            self.index, self._key, self.gone = 0, keys[0], False
        else:
            self.gone = bool(keys)
            self.index = min(self.index, max(0, len(keys) - 1))

    def go(self, index: int, key: str) -> None:
        """Stand on a row because somebody wants to."""
        self.index, self._key, self._home, self.gone = index, key, None, False
