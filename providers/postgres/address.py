"""Where the database is and how it is spoken to, in libpq's parameters, without the password."""

from __future__ import annotations

import os
import ssl
from collections.abc import Awaitable, Callable, Mapping
from configparser import ConfigParser, Error
from pathlib import Path
from typing import Final

import psycopg
from psycopg.conninfo import conninfo_to_dict

from providers.core.config import Postgres, home_path
from providers.core.errors import ConfigError
from providers.core.text import clean
from providers.postgres.aside import addresses

Dial = Callable[[str, int], Awaitable[tuple[str, int]]]
"""(host, port) as configured to the (IP address, port) to connect to: a tunnel's near end. TLS still verifies host."""
Parameters = dict[str, str]

CONNECT_TIMEOUT: Final = 3
MOST_ADDRESSES: Final = 4
"""Addresses of one name that are tried."""
LOCK_TIMEOUT: Final = 2.0
_LINK: Final[Mapping[str, str]] = {
    "connect_timeout": str(CONNECT_TIMEOUT),
    "keepalives": "1",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "15000",
    # Looking for Kerberos tickets reads files and asks servers, without a deadline.
    "gssencmode": "disable",
    "client_encoding": "UTF8",
}
_BUNDLES: Final = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem")


def parameters(settings: Postgres, environ: Mapping[str, str] = os.environ) -> Parameters:
    """What the configuration, the service file and the console's own rules say. Raises ConfigError."""
    found = _dsn(settings.dsn) if settings.dsn else _apart(settings, environ)
    found.setdefault("sslmode", settings.sslmode)
    if settings.sslrootcert:
        found["sslrootcert"] = str(home_path(settings.sslrootcert, environ))
    elif found["sslmode"].startswith("verify"):
        found.setdefault("sslrootcert", _authorities(environ))
    if settings.passfile:
        found["passfile"] = str(home_path(settings.passfile, environ))
    return {**found, **_LINK, "application_name": settings.application_name}


def options(given: str, statement_timeout: float, *, read_only: bool, own_path: bool = True) -> str:
    """Server settings of a session; what the configuration gave comes first, so that ours win.

    `own_path` takes away the role's search_path: whoever may create functions must not have ours run his.
    """
    ours = {
        "statement_timeout": f"{statement_timeout * 1000:.0f}",
        "lock_timeout": f"{LOCK_TIMEOUT * 1000:.0f}",
        "idle_in_transaction_session_timeout": "10000",
        "default_transaction_read_only": "on" if read_only else "off",
        "TimeZone": "UTC",
        "DateStyle": "ISO",
    } | ({"search_path": "pg_catalog,pg_temp"} if own_path else {})
    return " ".join(filter(None, (given, *(f"-c {key}={value}" for key, value in ours.items()))))


def place(found: Mapping[str, str]) -> tuple[str, int]:
    """(host, port) of the first server; the host is "" or a directory when it is a socket of this machine."""
    host = found.get("host", "").split(",")[0] or found.get("hostaddr", "").split(",")[0]
    port = found.get("port", "").split(",")[0]
    return host, int(port) if port.isdecimal() else 5432


async def resolved(found: Parameters) -> Parameters:
    """With the addresses of its host, so that nothing else has to look for them. Raises OSError.

    Several hosts, and names that are addresses already, are left as they are.
    """
    host, port = place(found)
    if not host or host.startswith("/") or "hostaddr" in found or "," in found.get("host", ""):
        return found
    known = (await addresses(host, port))[:MOST_ADDRESSES]
    many = {"host": host, "port": str(port)}
    return {
        **found,
        **{key: ",".join([value] * len(known)) for key, value in many.items()},
        "hostaddr": ",".join(known),
    }


def _dsn(dsn: str) -> Parameters:
    try:
        return {key: str(value) for key, value in conninfo_to_dict(dsn).items() if value is not None}
    except psycopg.ProgrammingError:
        # libpq's words quote the whole text.
        raise ConfigError("postgres.dsn is no conninfo string and no postgresql:// URL") from None


def _apart(settings: Postgres, environ: Mapping[str, str]) -> Parameters:
    found = _service(settings.service, environ) if settings.service else {}
    given = {"host": settings.host, "user": settings.user, "dbname": settings.database}
    found |= {key: value for key, value in given.items() if value}
    if settings.port != 5432 or "port" not in found:
        found["port"] = str(settings.port)
    # The service file must not weaken what the configuration asks for.
    found.pop("sslmode", None)
    return found


def _service(name: str, environ: Mapping[str, str]) -> Parameters:
    """The entry of pg_service.conf, looked for where libpq looks. Raises ConfigError."""
    system = Path(environ.get("PGSYSCONFDIR", "/etc/postgresql-common")) / "pg_service.conf"
    own = Path(environ.get("PGSERVICEFILE") or home_path("~/.pg_service.conf", environ))
    for path in (own, system):
        parser = ConfigParser(interpolation=None, strict=False, comment_prefixes=("#",), delimiters=("=",))
        try:
            parser.read(path, encoding="utf-8")
        except (Error, OSError, UnicodeDecodeError):
            raise ConfigError(f"the service file {clean(str(path), 200)} cannot be read") from None
        if parser.has_section(name):
            return {key: value for key, value in parser[name].items() if value}
    raise ConfigError(f"there is no service {clean(name, 80)} in {clean(str(own), 200)} or {system}")


def _authorities(environ: Mapping[str, str]) -> str:
    """libpq's own file, else the machine's bundle: the one built into the library may lie anywhere."""
    own = home_path("~/.postgresql/root.crt", environ)
    default = ssl.get_default_verify_paths()
    places = (str(own), environ.get("PGSSLROOTCERT"), default.cafile, default.openssl_cafile, *_BUNDLES)
    return next((path for path in places if path and Path(path).is_file()), "system")
