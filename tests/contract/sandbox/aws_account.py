"""What the tests of the AWS member share: a client of it, and readings."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import botocore.session

from sandbox.aws import Aws
from sandbox.member import Grounds

CLUSTER = "fusion-bitcoin-sandbox"


def grounds_in(home: Path, seed: int = 7) -> Grounds:
    directory = home / "aws"
    directory.mkdir(mode=0o700)
    return Grounds(home, directory, seed)


class Client:
    """Clients that know nothing but the two files of the profile."""

    def __init__(self, aws: Aws) -> None:
        files = botocore.session.Session(profile="fusion-sandbox")
        files.set_config_variable("credentials_file", aws.where["aws_credentials"])
        files.set_config_variable("config_file", aws.where["aws_config"])
        self._session = boto3.Session(botocore_session=files)
        self._endpoint = aws.where["aws_endpoint"]

    def __getattr__(self, service: str) -> Any:
        made = self._session.client(service)
        assert made.meta.endpoint_url == self._endpoint
        setattr(self, service, made)
        return made


def writer_of(at: Client) -> str:
    (cluster,) = at.rds.describe_db_clusters(DBClusterIdentifier=CLUSTER)["DBClusters"]
    (writer,) = [m["DBInstanceIdentifier"] for m in cluster["DBClusterMembers"] if m["IsClusterWriter"]]
    return writer


def messages(at: Client, group: str, pattern: str = "") -> list[str]:
    pages = at.logs.get_paginator("filter_log_events").paginate(logGroupName=group, filterPattern=pattern)
    events = [event for page in pages for event in page["events"]]
    newest = datetime.fromtimestamp(max(event["timestamp"] for event in events) / 1000, UTC)
    assert pattern or datetime.now(UTC) - newest < timedelta(minutes=5)
    return [event["message"] for event in events]


def story(aws: Aws) -> tuple[list[Any], ...]:
    """What the seed decides: nothing of it is a moment or a credential."""
    at, section = Client(aws), aws.section["aws"]
    request = re.compile(r'"[A-Z]+ http[^"]*"')
    return (
        [pair for pair in section.items() if pair[0] != "endpoint_url"],
        [request.findall(line) for line in messages(at, section["access_log_group"])],
        [json.loads(text)["eventID"] for text in messages(at, section["trail_log_group"])],
        [line.split()[:10] for line in messages(at, section["flow_log_group"])],
    )
