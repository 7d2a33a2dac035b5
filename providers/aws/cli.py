"""The same request by hand: a line of the aws command."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec
from botocore import xform_name

from providers.aws.client import AwsClient


def command(client: AwsClient, service: str, operation: str, params: Mapping[str, Any]) -> str:
    """A line that does what the request does, with region, profile and endpoint."""
    words = ["aws", service, xform_name(operation, "-")]
    for name, value in params.items():
        words += _option(xform_name(name, "-"), value)
    for name, setting in (
        ("--region", client.region),
        ("--profile", client.settings.profile),
        ("--endpoint-url", client.settings.endpoint_url),
    ):
        words += [name, setting] if setting else []
    line = " ".join(shlex.quote(word) for word in words)
    return f"{line}  # as {client.settings.assume_role}" if client.settings.assume_role else line


def body(params: Mapping[str, Any]) -> str:
    """The parameters as JSON."""
    return msgspec.json.encode({name: _plain(value) for name, value in params.items()}).decode()


def _option(name: str, value: Any) -> Iterator[str]:
    if isinstance(value, bool):
        yield f"--{name}" if value else f"--no-{name}"
        return
    yield f"--{name}"
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        yield from value
    else:
        plain = _plain(value)
        yield plain if isinstance(plain, str) else msgspec.json.encode(plain).decode()


def _plain(value: Any) -> Any:
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else value
