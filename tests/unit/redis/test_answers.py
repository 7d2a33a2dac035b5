"""Refusals in words an operator acts on: those that no server of the tests can be brought to say."""

from __future__ import annotations

import socket

import pytest
from redis._parsers import BaseParser

from providers.core.errors import BackendError, Conflict, Denied, Invalid, NotFound, ServerFault, Unauthenticated
from providers.core.secret import Secret
from providers.redis.answers import ClientsFull, refusal, unreached


@pytest.mark.parametrize(
    ("said", "kind", "words"),
    [
        ("LOADING Redis is loading the dataset in memory", ServerFault, "still loading"),
        ("MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", ServerFault, "lost its"),
        ("CLUSTERDOWN Hash slot not served", ServerFault, "slots have no master"),
        ("BUSY Redis is busy running a script. You can only call SCRIPT KILL", ServerFault, "script"),
        ("OOM command not allowed when used memory > 'maxmemory'.", ServerFault, "maxmemory"),
        ("MISCONF Redis is configured to save RDB snapshots, but …", ServerFault, "last save failed"),
        ("NOREPLICAS Not enough good replicas to write.", ServerFault, "too few replicas"),
        ("READONLY You can't write against a read only replica.", Conflict, "replica"),
        ("MOVED 3999 127.0.0.1:6381", Invalid, "another node"),
        ("DENIED Redis is running in protected mode because …", Unauthenticated, "protected mode"),
        ("WRONGPASS invalid username-password pair or user is disabled.", Unauthenticated, "WRONGPASS"),
        ("NOAUTH Authentication required.", Unauthenticated, "NOAUTH"),
        ("ERR AUTH <password> called without any password configured for the default user. Are you sure your "
         "configuration is correct?", Unauthenticated, "default user has none"),
        ("ERR max number of clients reached", ClientsFull, "maxclients"),
        ("ERR unknown command 'CONFIG', with args beginning with: 'GET'", NotFound, "does not know"),
        ("ERR syntax error", Invalid, "syntax error"),
    ],
)  # fmt: skip
def test_refusals(said: str, kind: type[BackendError], words: str) -> None:
    found = refusal(BaseParser.parse_error(said), ("FLUSHDB", "ASYNC"), "oncall", "redis test")
    assert type(found) is kind
    assert words in found.message
    assert found.source == "redis test"


@pytest.mark.parametrize(
    ("said", "rule"),
    [
        ("NOPERM User oncall has no permissions to run the 'client|list' command", "+client|list"),
        ("NOPERM this user has no permissions to run the 'flushdb' command", "+flushdb"),
        ("NOPERM this user has no permissions to run the 'config' command or its subcommand", "+config"),
        ("NOPERM No permissions to access a key", "~*"),
        ("NOPERM something new", "+flushdb"),
    ],
)
def test_what_is_denied_names_the_rule_that_grants_it(said: str, rule: str) -> None:
    found = refusal(BaseParser.parse_error(said), ("FLUSHDB", "ASYNC"), "oncall", "redis test")
    assert isinstance(found, Denied)
    assert (found.permission, found.fix) == (rule, f"on the server: ACL SETUSER oncall {rule}")


def test_a_secret_in_a_refusal_is_masked() -> None:
    Secret("hunter-two-and-two")
    found = refusal(BaseParser.parse_error("ERR no such thing: hunter-two-and-two\x1b[2J"), ("X",), "u", "s")
    assert "hunter" not in found.message
    assert "\x1b" not in found.message


def test_why_a_connection_did_not_come_about() -> None:
    gone = unreached(socket.gaierror(-2, "Name or service not known"), "DNS", "cache:6379", "s")
    assert gone.message == "cache:6379: the name does not resolve: name or service not known"
    late = unreached(TimeoutError(110, "Connection timed out"), "connect", "cache:6379", "s")
    assert late.message == "cache:6379: no answer to connect"
    assert "connection refused" in unreached(ConnectionRefusedError(111, "x"), "connect", "cache:6379", "s").message
