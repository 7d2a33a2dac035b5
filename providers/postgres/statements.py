"""What statements cost in all: pg_stat_statements, whatever its version, and what to do where it is not there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec
from psycopg.sql import Identifier

from providers.core.errors import Denied, NotFound
from providers.postgres.catalog import statement
from providers.postgres.client import PgClient
from providers.postgres.decoding import Row, shaped
from providers.postgres.values import Since, Statement, Statements

EVERY: Final = 10.0
MOST: Final = 5_000
"""Statements whose first reading is remembered; the server keeps as many (pg_stat_statements.max)."""
_FORMS: Final = (((1, 9), 140000), ((1, 8), 130000))
"""Version of the extension to its columns: an upgraded server keeps the old ones until ALTER EXTENSION … UPDATE."""


class Extension(msgspec.Struct, frozen=True):
    """pg_stat_statements here: versions that could be and are installed ("" for none), and whether it is loaded."""

    available: str
    installed: str
    schema: str
    loaded: bool
    database: str
    role: str

    @property
    def form(self) -> int:
        """The server version whose columns it has."""
        version = tuple(int(part) for part in self.installed.split(".") if part.isdecimal())
        return next((form for minimum, form in _FORMS if version >= minimum), 120000)

    @property
    def quoted_schema(self) -> bytes:
        return Identifier(self.schema).as_bytes(None)


async def extension(client: PgClient) -> Extension:
    """What there is of it; nothing of that is an error."""
    return shaped(await client.read("extension"), Extension, client.source)[0]


async def required(client: PgClient) -> Extension:
    """The extension, ready to be asked. Raises NotFound that says what to run."""
    found = await extension(client)
    if missing := hindrance(found):
        raise NotFound(missing[0], source=client.source, fix=missing[1])
    return found


def hindrance(found: Extension) -> tuple[str, str] | None:
    """(why it gives nothing, what to do about it); None when it does."""
    create = f"CREATE EXTENSION pg_stat_statements; (in the database {found.database})"
    if not found.loaded:
        load = (
            "ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'; added to what is there already,"
            " then restart (RDS: shared_preload_libraries in the parameter group, then reboot)"
        )
        fix = load if found.installed else f"{load}; then {create}"
        return "pg_stat_statements is not loaded: shared_preload_libraries lacks it", fix
    if not found.installed:
        return f"the extension pg_stat_statements is not in the database {found.database}", create
    return None


class StatementReader:
    """Remembers each statement as it was first seen, so that what happens from now on can be told from the past."""

    def __init__(self, client: PgClient) -> None:
        self._client = client
        self._extension: Extension | None = None
        self._first: dict[tuple[int, int, int, bool], Since] = {}
        self._complete = False
        self._reset: datetime | None = None
        self._opened: datetime | None = None

    async def read(self) -> Statements:
        """One statement a reading. Raises NotFound and Denied with the SQL that helps."""
        if self._extension is None:
            self._extension = await required(self._client)
        try:
            rows = await statement_rows(self._client, self._extension)
        except (Denied, NotFound):
            # Dropped, moved or unloaded since: look anew, and say what is missing.
            self._extension = None
            await required(self._client)
            raise
        return self._told(rows)

    def _told(self, rows: Sequence[Row]) -> Statements:
        found = shaped(rows, Statement, self._client.source)
        head: Row = rows[0] if rows else {"since": None, "evicted": None, "known": 0}
        if self._opened is None or head["since"] != self._reset:
            # After a reset everything begins at nothing, and so does what is told.
            self._opened, self._reset = datetime.now(UTC), head["since"]
            self._first = {one.key: Since(one.calls, one.total) for one in found}
            self._complete = head["known"] <= len(found)
        shown = tuple(msgspec.structs.replace(one, since_open=self._since(one)) for one in found)
        hidden = sum(one.hidden for one in found)
        return Statements(shown, head["known"], hidden, head["since"], head["evicted"], self._opened)

    def _since(self, now: Statement) -> Since | None:
        first = self._first.get(now.key)
        if first is None or now.calls < first.calls:
            # Evicted and back, or new. Whether it is new can be told only when all were seen at the beginning.
            known = self._complete or first is not None
            first = Since(0, 0.0) if known else Since(now.calls, now.total)
            if len(self._first) < MOST:
                self._first[now.key] = first
            if not known:
                return None
        return Since(now.calls - first.calls, max(0.0, now.total - first.total))


async def statement_rows(client: PgClient, found: Extension) -> list[Row]:
    """The rows as they come, in the extension's own form."""
    text = statement("statements", found.form).replace(b"{schema}", found.quoted_schema)
    return await client.ask(text, {})
