"""Who sits here: asked of the kernel, not of the environment, where the kernel knows."""

from __future__ import annotations

import os
import pwd

import pytest

from providers.core.operator import Operator


def test_the_user_is_the_kernels_not_the_environments() -> None:
    operator = Operator.current({"USER": "root-of-all", "LOGNAME": "x"})
    assert operator.user == pwd.getpwuid(os.getuid()).pw_name
    assert operator.uid == os.getuid()
    assert operator.host


def test_where_from_is_taken_over_clean() -> None:
    operator = Operator.current({"SSH_CONNECTION": "10.0.0.7 51000 10.0.0.1 22\x1b[2J", "SUDO_USER": "bob"})
    assert operator.ssh_connection == "10.0.0.7 51000 10.0.0.1 22␛[2J"
    assert operator.sudo_user == "bob"
    assert str(operator) == f"{operator.user}@{operator.host} (by sudo from bob)"


def test_a_user_without_an_account_has_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 4_000_000_000)
    assert Operator.current({}).user == "uid 4000000000"


def test_a_terminal_is_named_when_there_is_one() -> None:
    master, slave = os.openpty()
    kept = os.dup(0)
    try:
        os.dup2(slave, 0)
        assert Operator.current({}).tty == os.ttyname(slave)
    finally:
        os.dup2(kept, 0)
        for descriptor in (kept, master, slave):
            os.close(descriptor)


def test_identities_are_added_and_not_lost() -> None:
    operator = Operator("alice", 1, "bastion").with_identity(kube_user="oncall")
    operator = operator.with_identity(aws_arn="arn:aws:sts::1:assumed-role/x\n")
    assert (operator.kube_user, operator.aws_arn) == ("oncall", "arn:aws:sts::1:assumed-role/x␊")
