"""How the server would run a statement (P01): EXPLAIN, in a read-only transaction that is rolled back."""

from __future__ import annotations

import re
from typing import Any, Final

from psycopg.sql import SQL, Literal

from providers.core.errors import Garbled, Invalid, NotFound, UsageError
from providers.core.text import clean
from providers.postgres.catalog import statement
from providers.postgres.client import PgClient
from providers.postgres.link import Link
from providers.postgres.plan import Explanation, explanation
from providers.postgres.statements import required

LONGEST: Final = 1_000_000
"""Characters of a statement that are sent."""
_GENERIC: Final = 160000
"""From this version on EXPLAIN plans for parameters without values (GENERIC_PLAN)."""
_VERBS: Final = frozenset({"SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "WITH", "VALUES", "TABLE"})
_COMMENT: Final = re.compile(r"\s+|--[^\n]*|\(")
_PARAMETER: Final = re.compile(r"\$\d")


async def explain(client: PgClient, text: str, *, analyze: bool = False) -> Explanation:
    """The plan of one statement; `analyze` runs it, within statement_timeout and unable to write.

    Parameters ($1) are planned for any value. Raises UsageError for what cannot be explained, Invalid and NotFound with
    the server's words, Denied with the missing right, TimedOut.
    """
    body = explainable(text)
    generic = _PARAMETER.search(body) is not None
    if analyze and generic:
        raise UsageError("a statement with $1 cannot be run", fix="put values in place of the parameters")
    async with client.apart() as link:
        await link.ask(b"BEGIN READ ONLY", deadline=client.deadline)
        try:
            answer = await _plan(link, body, client.deadline, analyze=analyze, generic=generic)
        except NotFound as error:
            fix = "it may be of another database, or rely on another search_path: write the schema before the names"
            raise NotFound(error.message, source=error.source, fix=fix) from None
        finally:
            if not link.closed:
                await link.ask(b"ROLLBACK", deadline=client.deadline)
    try:
        return explanation(answer, generic=generic)
    except (AttributeError, LookupError, TypeError) as error:
        raise Garbled(f"the plan is not as expected: {clean(str(error), 100)}", source=client.source) from None


async def explain_known(client: PgClient, query_id: int) -> Explanation:
    """The plan of a statement that pg_stat_statements knows, of the connected database. Raises NotFound, too."""
    found = await required(client)
    # As bytes: a text would come in cleaned, and is to be sent back as it is.
    text = statement("text", found.form).replace(b"{schema}", found.quoted_schema)
    rows = await client.ask(text, {"id": query_id})
    if not rows:
        where = f"pg_stat_statements keeps no text of {query_id} for the database {found.database}"
        raise NotFound(where, source=client.source, fix="connect to the database it runs in")
    return await explain(client, bytes(rows[0]["query"]).decode("utf-8", "replace"))


def explainable(text: str) -> str:
    """The statement without what ends it. Raises UsageError unless it is one that has a plan."""
    body = text.strip().rstrip(";").rstrip()
    if len(body) > LONGEST or "\0" in body:
        raise UsageError(f"only a text of up to {LONGEST} characters can be explained")
    word = re.match(r"[A-Za-z]*", body[_start(body) :])
    verb = word[0].upper() if word else ""
    if verb not in _VERBS:
        shown = verb or clean(body, 20) or "nothing"
        raise UsageError(f"only a single SELECT, INSERT, UPDATE, DELETE, MERGE or WITH has a plan, not {shown}")
    return body


def _start(body: str) -> int:
    """Where the first word begins, after blanks, comments (which nest) and opening brackets."""
    at = 0
    while at < len(body):
        if body.startswith("/*", at):
            at = _after_comment(body, at)
        elif (skipped := _COMMENT.match(body, at)) is not None:
            at = skipped.end()
        else:
            break
    return at


def _after_comment(body: str, at: int) -> int:
    depth = 0
    for mark in re.finditer(r"/\*|\*/", body[at:]):
        depth += 1 if mark[0] == "/*" else -1
        if depth == 0:
            return at + mark.end()
    return len(body)


async def _plan(link: Link, body: str, deadline: float, *, analyze: bool, generic: bool) -> Any:
    """The answer of EXPLAIN. The text goes as one statement: the server itself refuses a second one behind it."""
    if generic:
        return await _generic(link, body, deadline)
    asked = f"EXPLAIN ({'ANALYZE, BUFFERS, ' if analyze else ''}VERBOSE, FORMAT JSON) {body}"
    return _only(await link.ask(asked.encode(), deadline=deadline, single=True))


async def _generic(link: Link, body: str, deadline: float) -> Any:
    """Planned for any values. Preparing it proves that it is one statement, and counts its parameters."""
    await link.ask(f"PREPARE fusion_console AS {body}".encode(), deadline=deadline, single=True)
    if link.version >= _GENERIC:
        # With parameters it cannot go in a message that must supply their values.
        return _only(await link.ask(f"EXPLAIN (GENERIC_PLAN, VERBOSE, FORMAT JSON) {body}".encode(), deadline=deadline))
    rows = await link.ask(
        b"SELECT cardinality(parameter_types) AS count FROM pg_prepared_statements WHERE name = 'fusion_console'",
        deadline=deadline,
    )
    await link.ask(b"SET LOCAL plan_cache_mode = force_generic_plan", deadline=deadline)
    nulls = SQL(", ").join([Literal(None)] * rows[0]["count"])
    execute = SQL("EXPLAIN (VERBOSE, FORMAT JSON) EXECUTE fusion_console ({})").format(nulls)
    return _only(await link.ask(execute, deadline=deadline, single=True))


def _only(rows: list[dict[str, Any]]) -> Any:
    answer = next(iter(rows[0].values())) if rows else None
    if not isinstance(answer, list) or not answer:
        raise Invalid("the server gave no plan for it")
    return answer[0]
