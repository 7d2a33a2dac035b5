"""The help: keys of where one is, then those of everywhere, as this configuration has them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from tui.keys import HelpRow, help_rows
from tui.lines import Line


def help_lines(
    here: str, places: Collection[str], configured: Mapping[str, str], modes: Collection[str]
) -> Iterator[Line]:
    """`here` names what has the focus, `places` the parts of the key table that count there."""
    local = list(help_rows(places, configured, modes))
    everywhere = list(help_rows(("app",), configured, modes))
    keys, label = (max(len(row[at]) for row in (*local, *everywhere)) for at in (0, 1))
    for title, rows in ((here, local), ("Everywhere", everywhere)):
        yield from _section(title, rows, keys, label)


def _section(title: str, rows: Sequence[HelpRow], keys: int, label: int) -> Iterator[Line]:
    if rows:
        yield Line(title, "heading")
        for row in rows:
            head = f"{row.keys:<{keys}}  {row.label:<{label}}  "
            yield Line(head + row.help, hang=len(head))
        yield Line("")
