"""S3, DynamoDB and Secrets Manager: the pages, Terraform's state and locks, and the bridge's secrets."""

from __future__ import annotations

import hashlib
import json
import secrets
from typing import Any

from sandbox.aws.account import ENV, PROJECT, TAGS, Account
from sandbox.cluster.nodes.estate.machines import REGION

PAGES = f"{PROJECT}-frontend-{ENV}"
STATE = f"{PROJECT}-terraform-state-{ENV}"
STATE_KEY = f"{ENV}/terraform.tfstate"
LOCKS = f"{PROJECT}-terraform-locks-{ENV}"
LOCK = f"{STATE}/{STATE_KEY}"
SECRETS = ("database", "redis", "signing-key", "rpc-providers")
_INDEX = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Fusion Bitcoin</title></head>
<body><div id="root"></div><script src="/static/js/main.js"></script></body>
</html>
"""
_MAIN = 'const api = "/api";\ndocument.getElementById("root").textContent = `Fusion Bitcoin 1.2.0 (${api})`;\n'


def seed(account: Account) -> None:
    """Fill the buckets, the table and the vault."""
    s3 = account.client("s3")
    for bucket in (PAGES, STATE):
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": TAGS})
    _pages(s3)
    state = _state(account)
    s3.put_bucket_versioning(Bucket=STATE, VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket=STATE, Key=STATE_KEY, Body=state, ContentType="application/json")
    _locks(account.client("dynamodb"), state)
    _secrets(account.client("secretsmanager"))


def _pages(s3: Any) -> None:
    s3.put_object(Bucket=PAGES, Key="index.html", Body=_INDEX, ContentType="text/html", CacheControl="no-cache")
    s3.put_object(
        Bucket=PAGES, Key="static/js/main.js", Body=_MAIN, ContentType="application/javascript",
        CacheControl="public, max-age=31536000, immutable",
    )  # fmt: skip


def _state(account: Account) -> bytes:
    """A state of Terraform without resources, in its format 4."""
    lineage = str(account.random("lineage").getrandbits(64))
    state = {"version": 4, "terraform_version": "1.9.8", "serial": 41, "lineage": lineage}
    return json.dumps(state | {"outputs": {}, "resources": []}).encode()


def _locks(dynamodb: Any, state: bytes) -> None:
    """The table as Terraform leaves it between runs: the digest of the state, and no lock."""
    dynamodb.create_table(
        TableName=LOCKS, BillingMode="PAY_PER_REQUEST", Tags=TAGS,
        KeySchema=[{"AttributeName": "LockID", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "LockID", "AttributeType": "S"}],
    )  # fmt: skip
    digest = hashlib.md5(state, usedforsecurity=False).hexdigest()
    item = {"LockID": {"S": f"{LOCK}-md5"}, "Digest": {"S": digest}}
    dynamodb.put_item(TableName=LOCKS, Item=item)


def _secrets(vault: Any) -> None:
    for name in SECRETS:
        value = json.dumps({"value": secrets.token_urlsafe(24)})
        vault.create_secret(
            Name=f"{PROJECT}/{name}", Description=f"{name} of the bridge", SecretString=value, Tags=TAGS
        )
