"""One key table: what hands do, what the page says, and what the safety rules forbid."""

from __future__ import annotations

from collections import Counter

import pytest

from providers.core.errors import ConfigError
from scripts import keys as script
from tui.keys import KEYS, keymap, pretty


def test_the_page_of_the_keys_is_current() -> None:
    # Written anew by: make keys
    assert script.PAGE.read_text() == script.page()


def test_ids_are_unique_and_no_place_binds_a_key_twice() -> None:
    assert [name for name, count in Counter(key.id for key in KEYS).items() if count > 1] == []
    bound = Counter((key.where, name) for key in KEYS for name in key.keys.split(","))
    assert [pair for pair, count in bound.items() if count > 1] == []


@pytest.mark.parametrize(
    ("keys", "shown"), [("question_mark,f1", "? f1"), ("j,down", "j down"), ("escape", "esc"), ("ctrl+d", "ctrl+d")]
)
def test_keys_as_they_stand_on_a_keyboard(keys: str, shown: str) -> None:
    assert pretty(keys) == shown


def test_a_remap_of_nothing_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"keys\.app\.hlep"):
        keymap({"app.hlep": "h"})
