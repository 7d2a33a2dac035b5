"""The grammar of the small shell: words, quotes, variables, pipes, `&&`, `||`, `;` and redirections."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

_OPERATORS = ("&&", "||", "2>&1", "2>", ">&2", ">>", ">", "<", "|", ";", "&", "\n")
_VARIABLE = re.compile(r"\$(?:\{(\w+)(?::-([^}]*))?\}|(\w+)|([?$#]))")


class ShellSyntax(ValueError):
    """The line cannot be read."""


@dataclass
class Simple:
    """One command with its redirections: {"1": path, "2": path or "&1", "0": path}."""

    words: list[str] = field(default_factory=list)
    redirects: dict[str, str] = field(default_factory=dict)


@dataclass
class Pipeline:
    """Commands joined by `|`, run when `joint` ("", ";", "&&", "||") allows."""

    joint: str
    commands: list[Simple]


def expand(text: str, env: Mapping[str, str], status: int) -> str:
    """Replace $NAME, ${NAME}, ${NAME:-default}, $? and $$."""

    def value(match: re.Match[str]) -> str:
        name = match[1] or match[3]
        if match[4]:
            return {"?": str(status), "$": "1", "#": "0"}[match[4]]
        return env.get(name, "") or (match[2] or "")

    return _VARIABLE.sub(value, text)


def _operator_at(line: str, at: int) -> str | None:
    return next((o for o in _OPERATORS if line.startswith(o, at)), None)


def _word(line: str, at: int) -> tuple[str, int]:
    """One word from `at`, quotes kept as marks for later: single-quoted text has its dollars hidden as NUL."""
    out: list[str] = []
    while at < len(line) and not line[at].isspace():
        char = line[at]
        if char in "'\"":
            close = line.find(char, at + 1)
            if close < 0:
                raise ShellSyntax(f"unterminated quoted string: {line[at:]}")
            inside = line[at + 1 : close]
            out.append(inside.replace("$", "\0") if char == "'" else inside)
            at = close + 1
        elif char == "\\" and at + 1 < len(line):
            out.append(line[at + 1].replace("$", "\0"))
            at += 2
        elif _operator_at(line, at) and not (char == "2" and out):
            break
        else:
            out.append(char)
            at += 1
    return "".join(out), at


def tokens(line: str) -> list[tuple[bool, str]]:
    """(is an operator, text)."""
    found: list[tuple[bool, str]] = []
    at = 0
    while at < len(line):
        operator = _operator_at(line, at)
        if operator:
            found.append((True, ";" if operator == "\n" else operator))
            at += len(operator)
        elif line[at].isspace():
            at += 1
        else:
            word, at = _word(line, at)
            found.append((False, word))
    return found


def parse(line: str) -> list[Pipeline]:
    """The pipelines of a line. Raises ShellSyntax."""
    pipelines: list[Pipeline] = []
    current = Pipeline("", [Simple()])
    rest = iter(tokens(line))
    for is_operator, text in rest:
        if not is_operator:
            current.commands[-1].words.append(text)
        elif text in (";", "&&", "||", "&"):
            pipelines.append(current)
            current = Pipeline(text, [Simple()])
        elif text == "|":
            current.commands.append(Simple())
        else:
            _redirect(current.commands[-1], text, lambda: next(rest, (True, ""))[1])
    pipelines.append(current)
    return [p for p in pipelines if any(c.words or c.redirects for c in p.commands)]


def _redirect(command: Simple, operator: str, following: Callable[[], str]) -> None:
    if operator == "2>&1":
        command.redirects["2"] = "&1"
    elif operator == ">&2":
        command.redirects["1"] = "&2"
    else:
        target = following()
        if not target:
            raise ShellSyntax("syntax error: unexpected end of file")
        command.redirects[{"2>": "2", ">": "1", ">>": "1", "<": "0"}[operator]] = target
