"""Where the cache is: a host and port, the database, and how TLS proves that it is the one."""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import urlsplit

import msgspec

from providers.core.config import Redis as Settings
from providers.core.config import home_path
from providers.core.errors import ConfigError
from providers.core.text import clean

DEFAULT_PORT: Final = 6379


class Address(msgspec.Struct, frozen=True):
    """A server by the name it goes by: what TLS verifies, whatever way leads there."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


Through = Callable[[Address], Awaitable[Address]]
"""The near end of the way to a server: the local end of a tunnel, or the server itself."""


async def straight(address: Address) -> Address:
    """No tunnel."""
    return address


def address_of(settings: Settings) -> tuple[Address, int]:
    """The configured server, and the number of the database. The configuration has checked the form."""
    parts = urlsplit(settings.url)
    number = parts.path.strip("/")
    return Address(parts.hostname or "localhost", parts.port or DEFAULT_PORT), int(number) if number else 0


def tls_context(settings: Settings) -> ssl.SSLContext | None:
    """What verifies the server; None without TLS. Raises ConfigError for a file of certificates that cannot be read."""
    if not settings.secure:
        return None
    file = str(home_path(settings.ca_file)) if settings.ca_file else None
    try:
        return ssl.create_default_context(cafile=file)
    except (OSError, ValueError) as error:
        why = clean(getattr(error, "strerror", None) or str(error), 120)
        shown = clean(settings.ca_file or "", 200)
        raise ConfigError(
            f"redis.ca_file {shown}: {why}", fix="name a PEM file with the certificates to trust"
        ) from None
