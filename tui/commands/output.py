"""Printing: tables for people, JSON for programs, and never a raw byte of somebody else's."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Any

import click
import msgspec

from providers.core.secret import redact
from providers.core.text import clean

_ENCODER = msgspec.json.Encoder(order="deterministic")


def data(line: str) -> None:
    """One line of data on stdout."""
    click.echo(redact(line))


def raw(line: bytes) -> None:
    """One line exactly as it was written, for other programs."""
    sys.stdout.buffer.write(line + b"\n")


def narrate(line: str) -> None:
    """One line of narration on stderr."""
    click.echo(redact(clean(line)), err=True)


def document(value: Any) -> None:
    """One JSON document on stdout, indented for eyes when that is a terminal."""
    encoded = _ENCODER.encode(value)
    if sys.stdout.isatty():
        encoded = msgspec.json.format(encoded, indent=2)
    data(encoded.decode())


def record(value: Any) -> None:
    """One JSON line on stdout (streams)."""
    data(_ENCODER.encode(value).decode())


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Left-aligned columns as wide as their widest cell, two spaces apart, no trailing blanks."""
    lines = [list(heads), *([clean(cell) for cell in row] for row in rows)]
    widths = [max(len(line[at]) for line in lines) for at in range(len(heads))]
    for line in lines:
        data("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
