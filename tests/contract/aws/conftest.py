"""The provider against the account of the sandbox, and against servers that misbehave."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from providers.aws.provider import Aws
from providers.aws.session import Patience
from providers.core.config import Aws as Settings
from providers.core.config import Thresholds
from sandbox.aws import Aws as Member
from sandbox.aws import start
from tests.contract.sandbox.aws_account import grounds_in

Connect = Callable[..., Aws]
USUAL = Patience(login_pause=0.0)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def member(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Member]:
    """One seeded account for all: a test that changes what others count on puts it back."""
    started = await start(grounds_in(tmp_path_factory.mktemp("estate")))
    yield started
    await started.stop()


@pytest.fixture(autouse=True)
def own_surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing of this machine's AWS settings, and no way out of it."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "absent"))


@pytest.fixture
async def opened() -> AsyncIterator[Connect]:
    """A provider by its settings; closed at the end."""
    made: list[Aws] = []

    def open_aws(settings: Settings, patience: Patience = USUAL) -> Aws:
        made.append(Aws("test", settings, Thresholds(), patience=patience))
        return made[-1]

    yield open_aws
    for aws in made:
        await aws.__aexit__(None, None, None)


@pytest.fixture
def account(member: Member, opened: Connect, monkeypatch: pytest.MonkeyPatch) -> Connect:
    """A provider of the sandbox's account, with some settings otherwise."""

    def connect(**changes: Any) -> Aws:
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", member.where["aws_credentials"])
        monkeypatch.setenv("AWS_CONFIG_FILE", member.where["aws_config"])
        settings = msgspec.convert(member.section["aws"], Settings)
        return opened(msgspec.structs.replace(settings, **changes))

    return connect


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials for servers that check none."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLEEXAMPLE00")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "example-secret-of-the-tests")
