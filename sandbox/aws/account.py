"""The account that is being seeded: who we are in it, how it is reached, and what is random in it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import boto3
from botocore.config import Config

from sandbox.cluster.nodes.estate.machines import REGION

ACCOUNT = "444455556666"
"""One of the numbers AWS sets aside for examples."""
PROFILE = "fusion-sandbox"
ENV = "sandbox"
PROJECT = "fusion-bitcoin"
TAGS = [
    {"Key": "Project", "Value": PROJECT},
    {"Key": "Environment", "Value": ENV},
    {"Key": "ManagedBy", "Value": "terraform"},
]

# Loopback: no proxy of the surroundings applies, and a failure is a failure at once.
_DIRECT = Config(proxies={}, retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=20)


@dataclass(frozen=True, slots=True)
class Account:
    """One session of one user. `now` is the moment all that is seeded ends at."""

    session: boto3.Session
    endpoint: str
    seed: int
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def client(self, service: str) -> Any:
        """A client of one service."""
        return self.session.client(service, endpoint_url=self.endpoint, config=_DIRECT)

    def random(self, what: str) -> Random:
        """A stream of its own for each purpose, so that one kind of thing does not shift another."""
        return Random(f"{self.seed} {what}")


def tagged(name: str) -> list[dict[str, str]]:
    """The tags of a resource that carries its name as one."""
    return [{"Key": "Name", "Value": name}, *TAGS]


def session(key: str, secret: str) -> boto3.Session:
    """A session of one key in the region of the estate."""
    return boto3.Session(aws_access_key_id=key, aws_secret_access_key=secret, region_name=REGION)


def write_profile(directory: Path, endpoint: str, key: str, secret: str) -> tuple[Path, Path]:
    """Write the shared credentials and the configuration of the profile; returns their paths, in this order.

    The key is that of a user of the account, so that it has a name; no signature is checked, any other is let in.
    """
    credentials, config = directory / "credentials", directory / "config"
    _private(credentials, f"[{PROFILE}]\naws_access_key_id = {key}\naws_secret_access_key = {secret}\n")
    _private(config, f"[profile {PROFILE}]\nregion = {REGION}\nendpoint_url = {endpoint}\noutput = json\n")
    return credentials, config


def _private(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
