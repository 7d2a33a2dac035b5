"""The console looks as it did. When it should look otherwise: `make pictures`, and read the difference."""

from __future__ import annotations

import difflib

import pytest

from scripts import snap
from tests.pictures.scenes import PLACE, SCENES, take


@pytest.mark.parametrize("name", SCENES)
async def test_it_looks_as_it_did(name: str) -> None:
    before = (PLACE / f"{name}.txt").read_text()
    now = await take(name)
    changes = difflib.unified_diff(before.splitlines(), now.splitlines(), "before", "now", lineterm="")
    assert now == before, "\n".join(changes)


@pytest.mark.parametrize("name", snap.ACTS)
async def test_the_documentation_shows_it_as_it_is(name: str) -> None:
    # Not compared in an assertion: nobody reads the difference of two drawings.
    same = await snap.take(name) == (snap.PICTURES / f"{name}.svg").read_text()
    assert same, "docs/pictures is not as the console looks now: make snap"


def test_there_is_no_picture_of_nothing() -> None:
    assert {path.stem for path in PLACE.glob("*.txt")} == set(SCENES)
