"""Cleaning of foreign text, once, where it enters. Nothing that leaves here can drive a terminal."""

from __future__ import annotations

import re
from typing import Final

LINE_LIMIT: Final = 4096
"""Characters of one line that are kept; the rest is counted, not shown (a 1 MB line would stall the screen)."""

# C0 without tab, DEL and C1, soft hyphen, bidi controls and isolates, zero-width and joiners, fillers that look like
# nothing, variation selectors, BOM, annotations, surrogates, music and shorthand formatting, TAG characters.
BANNED: Final = re.compile(
    "[\x00-\x08\x0a-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ud800-\udfff"
    "\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


def clean(text: str | bytes, limit: int = LINE_LIMIT) -> str:
    """Return `text` as one line that is safe to draw: control bytes as their pictures (␛), the rest of the banned as �.

    Text longer than `limit` characters is cut and says by how much. Idempotent up to the cut; never raises.
    """
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    length = len(text)
    # Nearly all names and words of a cluster: nothing to look for in them.
    if length <= limit and text.isascii() and text.isprintable():
        return text
    shown = BANNED.sub(_picture, text[:limit].expandtabs(4))
    return shown if length <= limit else f"{shown} …[+{length - limit} chars]"


def clean_lines(text: str | bytes, limit: int = LINE_LIMIT, most: int = 10_000) -> tuple[str, ...]:
    """Split at newlines, then clean each line; at most `most` lines, the number of those left out is the last line."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    lines = text.replace("\r\n", "\n").removesuffix("\n").split("\n")
    cleaned = tuple(clean(line, limit) for line in lines[:most])
    return cleaned if len(lines) <= most else (*cleaned, f"…[+{len(lines) - most} lines]")


def plain(text: str) -> bool:
    """Whether `text` is printable ASCII: a name that is not must be shown with a mark and typed exactly."""
    return text.isascii() and text.isprintable()


def _picture(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else "\ufffd"
