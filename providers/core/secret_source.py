"""Where a secret comes from. Nothing is read until it is needed, and what is read is a Secret at once."""

from __future__ import annotations

import msgspec

from providers.core.secret import Secret


class SecretSource(msgspec.Struct, frozen=True):
    """One of: the name of an environment variable, a file, a command that prints it, or the value itself.

    In the configuration: `{env: NAME}`, `{file: PATH}`, `{command: "WORDS"}`, or a plain string.
    """

    env: str | None = None
    file: str | None = None
    command: str | None = None
    literal: Secret | None = None
