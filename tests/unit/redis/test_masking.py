"""Commands as they may be shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.core.secret import MASK, Secret
from providers.redis.masking import LONGEST, shown


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("KEYS session:*", "KEYS session:*"),
        ("AUTH oncall hunter22", f"AUTH {MASK} {MASK}"),
        ("auth hunter22", f"auth {MASK}"),
        ("HELLO 3 AUTH oncall hunter22 SETNAME x", f"HELLO 3 AUTH {MASK} {MASK} SETNAME x"),
        ("CONFIG SET requirepass hunter22", f"CONFIG SET requirepass {MASK}"),
        ("CONFIG SET maxmemory 1gb masterauth hunter22", f"CONFIG SET maxmemory 1gb masterauth {MASK}"),
        ("CONFIG GET *pass*", "CONFIG GET *pass*"),
        ("SENTINEL SET fusion auth-pass hunter22", f"SENTINEL SET fusion auth-pass {MASK}"),
        ("ACL SETUSER x on >hunter22 #aabbcc ~*", f"ACL SETUSER x on >{MASK} #{MASK} ~*"),
        ("MIGRATE h 1 k 0 5 AUTH2 u hunter22 KEYS a", f"MIGRATE h 1 k 0 5 AUTH2 {MASK} {MASK} KEYS a"),
        ("SET session:1 hunter22", "SET session:1 (8 bytes)"),
        ("SET k v EX 5", "SET k (3 words)"),
        ("HSET h f hunter22", "HSET h (2 words)"),
        ("EVAL return(1) 1 key hunter22", "EVAL return(1) (3 words)"),
        ("SET onlykey", "SET onlykey"),
        ("", ""),
    ],
)
def test_secrets_and_values_stay_unseen(command: str, said: str) -> None:
    assert shown(command.split()) == said
    assert "hunter22" not in shown(command.split())


def test_what_the_server_cut_is_counted() -> None:
    assert shown(["SADD", "k", *"abc", "... (97 more arguments)"]) == "SADD k (100 words)"
    assert shown(["SET", "k", "x" * 10 + "... (90 more bytes)"]) == "SET k (100 bytes)"


def test_known_secrets_are_masked_wherever_they_are() -> None:
    Secret("a-secret-that-was-read")
    assert "a-secret-that-was-read" not in shown(["GET", "token:a-secret-that-was-read"])


@given(st.lists(st.text(max_size=600), max_size=40))
def test_it_is_one_short_line_of_anything(words: list[str]) -> None:
    said = shown(words)
    assert len(said) < LONGEST + 40
    assert "\n" not in said
