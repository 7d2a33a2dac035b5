"""A place in a log where lines are missing, or where nobody can tell."""

from __future__ import annotations

import msgspec

from providers.logs.line import Origin


class Gap(msgspec.Struct, frozen=True):
    """Right before the line stamped `before`; b"": after the last one that came. `why` says what happened.

    Not `sure`: the file was rotated, and whether the cluster sent all of the old one it does not say. It mostly did.
    """

    origin: Origin
    before: bytes
    why: str
    sure: bool = True
