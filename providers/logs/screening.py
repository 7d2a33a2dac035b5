"""Which lines are worth keeping: decided before they take room, so that a rare one is still there after a flood."""

from __future__ import annotations

from collections.abc import Sequence

from providers.core.errors import UsageError
from providers.logs.line import Line
from providers.logs.pattern import Pattern


class Screening:
    """Keeps a line that matches every one of `include` and none of `exclude`. Empty: keeps all."""

    def __init__(self, include: Sequence[Pattern] = (), exclude: Sequence[Pattern] = ()) -> None:
        self.include = tuple(include)
        self.exclude = tuple(exclude)

    @classmethod
    def parse(cls, include: Sequence[str] = (), exclude: Sequence[str] = ()) -> Screening:
        """Raises UsageError naming the expression that is wrong."""
        return cls([_pattern(text) for text in include if text], [_pattern(text) for text in exclude if text])

    @property
    def text(self) -> str:
        """As it stands on the screen."""
        return " ".join([*(f"/{p.text}/" for p in self.include), *(f"!/{p.text}/" for p in self.exclude)])

    def __bool__(self) -> bool:
        return bool(self.include or self.exclude)

    def candidates(self, raws: Sequence[bytes]) -> Sequence[int]:
        """Which lines may stay, by position, when they still have something before their text: a stamp."""
        places: Sequence[int] = range(len(raws))
        for pattern in (pattern for pattern in self.include if pattern.anywhere):
            left = raws if len(places) == len(raws) else [raws[place] for place in places]
            places = [places[i] for i in pattern.indices(left)]
        return places

    def kept(self, lines: Sequence[Line]) -> Sequence[Line]:
        """The lines that stay, in their order."""
        for pattern in self.include:
            lines = [lines[i] for i in pattern.indices([line.text for line in lines])]
        for pattern in self.exclude:
            gone = set(pattern.indices([line.text for line in lines]))
            lines = [line for i, line in enumerate(lines) if i not in gone]
        return lines


def _pattern(text: str) -> Pattern:
    try:
        return Pattern(text)
    except UsageError as error:
        raise UsageError(f"{text}: {error.message}", fix=error.fix) from None
