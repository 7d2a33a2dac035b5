"""IAM: the operator whose key the profile holds, and the user of the pipeline."""

from __future__ import annotations

import json

from sandbox.aws.account import PROJECT, TAGS, Account

OPERATOR = "oncall"
PIPELINE = f"{PROJECT}-deploy"
_OPERATOR_MAY = (
    "ec2:*", "rds:*", "elasticache:*", "elasticloadbalancing:*", "logs:*", "cloudwatch:*", "s3:*", "dynamodb:*",
    "secretsmanager:*", "cloudfront:*", "iam:List*", "iam:Get*", "iam:UpdateAccessKey",
)  # fmt: skip
_PIPELINE_MAY = ("s3:PutObject", "s3:ListBucket", "cloudfront:CreateInvalidation", "dynamodb:*Item")


def enrol(account: Account) -> tuple[str, str]:
    """Make the operator; returns the id and the secret of the key."""
    return _user(account, OPERATOR, _OPERATOR_MAY)


def seed(account: Account) -> None:
    """Make the others."""
    _user(account, PIPELINE, _PIPELINE_MAY)


def _user(account: Account, name: str, may: tuple[str, ...]) -> tuple[str, str]:
    iam = account.client("iam")
    iam.create_user(UserName=name, Tags=TAGS)
    statement = {"Effect": "Allow", "Action": may, "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName=name, PolicyName=name, PolicyDocument=policy)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return key["AccessKeyId"], key["SecretAccessKey"]
