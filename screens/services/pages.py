"""Descriptions and manifests as lines to read: a tone is a colour and a mark."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from providers.kube.client import KubeClient
from providers.kube.describe import page, path_of
from providers.kube.manifest import yaml_lines
from providers.kube.page import Line as Row
from providers.kube.page import Section, Tone
from tui.lines import Line
from tui.moment import now
from tui.theme import glyph

LABEL: Final = 24
"""Cells of a label at most."""
_STYLES: Final = {Tone.GOOD: "ok", Tone.WARN: "warn", Tone.BAD: "fail", Tone.QUIET: "muted"}


async def described(client: KubeClient, kind: str, namespace: str, name: str) -> tuple[Line, ...]:
    """What an object is and why, as of now."""
    return tuple(section_lines(await page(client, kind, namespace, name), now()))


async def manifest(client: KubeClient, kind: str, namespace: str, name: str) -> tuple[Line, ...]:
    """The object as YAML, what is secret in it masked."""
    text = yaml_lines(await client.object(path_of(kind, namespace, name)))
    return tuple(Line(line, hang=len(line) - len(line.lstrip(" -")) + 2) for line in text)


def section_lines(sections: Sequence[Section], at: datetime) -> Iterator[Line]:
    """Titles, then labels and values side by side; a value that has to be wrapped stays in its column."""
    for number, section in enumerate(sections):
        if number:
            yield Line("")
        yield Line(section.title, "heading")
        width = min(LABEL, max((len(row.label) for row in section.lines), default=0))
        yield from (_line(row, width, at) for row in section.lines)


def _line(row: Row, width: int, at: datetime) -> Line:
    marks = {Tone.WARN: "!", Tone.BAD: glyph("✗", "x")}
    head = f"{marks.get(row.tone, ' ')} {row.label:<{width}}  "
    return Line((head + row.text(at)).rstrip(), _STYLES.get(row.tone, ""), len(head))
