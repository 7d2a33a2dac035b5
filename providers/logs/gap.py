"""A place in a log where lines are missing, or may be."""

from __future__ import annotations

import msgspec

from providers.logs.line import Origin


class Gap(msgspec.Struct, frozen=True):
    """Right before the line stamped `before`; b"": after the last one that came. `why` says what happened."""

    origin: Origin
    before: bytes
    why: str
