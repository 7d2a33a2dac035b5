"""Copying through the terminal (OSC 52): it reaches the operator's own machine over SSH."""

from __future__ import annotations

import base64
import os
from typing import Final

from textual.app import App

MOST: Final = 74_994
"""Bytes that terminals take (k9s and hterm use the same limit): more would be cut or ignored without a word."""


def copy(app: App[object], text: str) -> bool:
    """Send text to the terminal's clipboard; False when it is too long for one. Nobody answers: it may be ignored."""
    coded = text.encode("utf-8", "replace")
    driver = app._driver
    if len(coded) > MOST or driver is None:
        return False
    sequence = f"\x1b]52;c;{base64.b64encode(coded).decode()}\x07"
    driver.write(sequence)
    if os.environ.get("TMUX"):
        # tmux keeps the sequence to itself unless it is wrapped; with both, either of its settings works.
        wrapped = "\x1bPtmux;" + sequence.replace("\x1b", "\x1b\x1b") + "\x1b\\"
        driver.write(wrapped)
    return True
