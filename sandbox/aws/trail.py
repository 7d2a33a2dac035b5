"""CloudTrail records: what was asked of the account, by whom, and what was denied or failed."""

from __future__ import annotations

import json
from datetime import datetime
from random import Random
from typing import Any, NamedTuple
from uuid import UUID

from sandbox.aws.account import ACCOUNT
from sandbox.aws.identity import OPERATOR, PIPELINE
from sandbox.aws.storage import LOCK, LOCKS, PAGES, SECRETS
from sandbox.cluster.nodes.estate.machines import REGION

STREAM = f"{ACCOUNT}_CloudTrail_{REGION}"


class _Call(NamedTuple):
    """One kind of call, how often it comes, and how it ends."""

    user: str
    service: str
    name: str
    weight: int
    parameters: dict[str, Any] | None = None
    error: str = ""


_HELD = "ConditionalCheckFailedException"
_CALLS = (
    _Call(OPERATOR, "rds", "DescribeDBInstances", 20),
    _Call(OPERATOR, "elasticloadbalancing", "DescribeTargetHealth", 20),
    _Call(OPERATOR, "ec2", "DescribeSecurityGroups", 10),
    _Call(PIPELINE, "dynamodb", "GetItem", 12, {"tableName": LOCKS}),
    _Call(PIPELINE, "s3", "PutObject", 8, {"bucketName": PAGES, "key": "static/js/main.js"}),
    _Call(PIPELINE, "cloudfront", "CreateInvalidation", 2),
    _Call(OPERATOR, "secretsmanager", "ListSecrets", 4),
    _Call(OPERATOR, "ec2", "AuthorizeSecurityGroupIngress", 2),
    _Call(OPERATOR, "ec2", "RevokeSecurityGroupIngress", 2),
    _Call(PIPELINE, "dynamodb", "PutItem", 6, {"tableName": LOCKS, "key": {"LockID": LOCK}}),
    _Call(PIPELINE, "dynamodb", "PutItem", 1, {"tableName": LOCKS, "key": {"LockID": LOCK}}, _HELD),
    _Call(
        PIPELINE, "secretsmanager", "GetSecretValue", 4, {"secretId": f"fusion-bitcoin/{SECRETS[2]}"}, "AccessDenied"
    ),
    _Call(PIPELINE, "rds", "ModifyDBCluster", 2, {"dBClusterIdentifier": "fusion-bitcoin-sandbox"}, "AccessDenied"),
    _Call(OPERATOR, "ec2", "TerminateInstances", 1, None, "Client.UnauthorizedOperation"),
    _Call(OPERATOR, "kms", "ScheduleKeyDeletion", 1, None, "AccessDeniedException"),
)
_AGENTS = {OPERATOR: "aws-cli/2.22.4 md/awscrt#0.23.1", PIPELINE: "APN/1.0 HashiCorp/1.0 Terraform/1.9.8"}
_SOURCES = {OPERATOR: "203.0.113.24", PIPELINE: "198.51.100.77"}


def record(random: Random, at: datetime) -> str:
    """One call that was made at this moment, as JSON."""
    call = random.choices(_CALLS, [call.weight for call in _CALLS])[0]
    reads = call.name.startswith(("Describe", "List", "Get"))
    entry = {
        "eventVersion": "1.11", "userIdentity": _identity(call.user), "eventTime": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "eventSource": f"{call.service}.amazonaws.com", "eventName": call.name, "awsRegion": REGION,
        "sourceIPAddress": _SOURCES[call.user], "userAgent": _AGENTS[call.user],
        "requestParameters": call.parameters, "responseElements": None, "requestID": _uuid(random),
        "eventID": _uuid(random), "readOnly": reads, "eventType": "AwsApiCall", "managementEvent": True,
        "recipientAccountId": ACCOUNT, "eventCategory": "Management",
    }  # fmt: skip
    return json.dumps(entry | _failure(call))


def _identity(user: str) -> dict[str, str]:
    return {"type": "IAMUser", "arn": _arn(user), "accountId": ACCOUNT, "userName": user}


def _failure(call: _Call) -> dict[str, str]:
    if not call.error:
        return {}
    if call.error == _HELD:
        return {"errorCode": call.error, "errorMessage": "The conditional request failed"}
    said = f"User: {_arn(call.user)} is not authorized to perform: {call.service}:{call.name}"
    return {"errorCode": call.error, "errorMessage": f"{said} because no identity-based policy allows the action"}


def _arn(user: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:user/{user}"


def _uuid(random: Random) -> str:
    return str(UUID(int=random.getrandbits(128), version=4))
