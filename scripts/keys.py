"""Write docs/keys.md from the key table: python -m scripts.keys."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from screens import MODES
from tui.command import COMMANDS
from tui.keys import KEYS, Key, pretty

PAGE: Final = Path(__file__).parents[1] / "docs" / "keys.md"
PLACES: Final = {
    "app": "Everywhere",
    "table": "In every table",
    "services": "Services",
    "database": "Database",
    "contents": "Contents of a pod",
    "tail": "In a log",
    "log": "In a log: what is read",
    "view": "In a text: describe, YAML, help",
}
INTRODUCTION: Final = """\
# Keys

`?` shows the keys of where one is, `ctrl+p` finds everything by name. No key changes anything by itself: `a` opens the
menu of what can be done to the selected thing, and every entry shows its whole plan first.

A key of your own goes into the configuration by the id in the last column, several with commas:

```yaml
keys:
  services.logs: "L"
  app.quit: "q,ctrl+q"
```
"""
FILTER: Final = """\
## The filter line, `/`

In tables and logs it keeps what matches: `word`, `!word`, `-l label=value`, `/regular expression/`; all terms must
hold. In texts it marks what it finds, and `n` and `N` go from one to the next. `esc` takes it back.
"""


def page() -> str:
    """The whole text. Raises KeyError for a place that has no title."""
    missing = {key.where for key in KEYS} - set(PLACES)
    if missing:
        raise KeyError(f"no title for {', '.join(sorted(missing))}")
    lines = [INTRODUCTION]
    for place, title in PLACES.items():
        lines += [f"## {title}", "", "| keys | name | what it does | id |", "|---|---|---|---|"]
        lines += [_row(key) for key in _keys(place)]
        lines.append("")
    lines += ["## The command line, `:`", "", "| command | what it does |", "|---|---|"]
    lines += [f"| `:{f'{c.name} {c.argument}'.strip()}` | {c.help} |" for c in COMMANDS]
    return "\n".join([*lines, "", FILTER])


def _keys(place: str) -> Iterator[Key]:
    """Of the modes only those there are."""
    modes = {mode.name for mode in MODES}
    return (key for key in KEYS if key.where == place and (not key.mode or key.mode in modes))


def _row(key: Key) -> str:
    keys = " ".join(f"`` {name} ``" if name == "`" else f"`{name}`" for name in pretty(key.keys).split())
    return f"| {keys} | {key.label} | {key.help} | `{key.id}` |".replace("|regex", "\\|regex")


def main() -> None:
    PAGE.write_text(page())


if __name__ == "__main__":
    main()
