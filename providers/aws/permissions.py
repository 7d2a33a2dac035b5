"""Which rights the console uses, and whether IAM says we have them."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import msgspec

from providers.aws.client import AwsClient, Identity
from providers.core.errors import BackendError

READS: Final = (
    "rds:DescribeDBClusters", "rds:DescribeDBInstances", "rds:DescribePendingMaintenanceActions", "rds:DescribeEvents",
    "rds:DescribeDBClusterSnapshots", "rds:DescribeDBSnapshots", "rds:DescribeDBInstanceAutomatedBackups",
    "rds:DescribeDBClusterParameters", "rds:DescribeDBParameters", "rds:DescribeDBLogFiles",
    "rds:DownloadDBLogFilePortion", "cloudwatch:GetMetricData", "elasticache:DescribeCacheClusters",
    "elasticache:DescribeReplicationGroups", "elasticache:DescribeEvents", "elasticache:DescribeCacheParameters",
)  # fmt: skip
WRITES: Final = (
    "rds:FailoverDBCluster", "rds:CreateDBClusterSnapshot", "rds:CreateDBSnapshot", "rds:CreateDBInstance",
    "rds:RestoreDBClusterToPointInTime", "rds:RestoreDBInstanceToPointInTime", "rds:ModifyDBClusterParameterGroup",
    "rds:ModifyDBParameterGroup", "elasticache:ModifyCacheParameterGroup",
)  # fmt: skip
PATIENCE: Final = 6.0
"""Seconds IAM is waited for: not knowing is no reason against a change, AWS itself decides."""


class Right(msgspec.Struct, frozen=True):
    """A right, and whether it is there; None: IAM could not be asked, or does not tell, and `why`."""

    action: str
    allowed: bool | None
    why: str = ""


async def rights(client: AwsClient, actions: tuple[str, ...], resource: str = "*") -> tuple[Right, ...]:
    """What IAM says of these actions of ours on this resource (SimulatePrincipalPolicy). Never raises BackendError."""
    try:
        async with asyncio.timeout(PATIENCE):
            principal = await _policy_source(client, await client.who())
            found = await client.pages(
                "iam",
                "SimulatePrincipalPolicy",
                "EvaluationResults",
                PolicySourceArn=principal,
                ActionNames=list(actions),
                ResourceArns=[resource],
            )
    except (BackendError, TimeoutError) as error:
        why = error.message if isinstance(error, BackendError) else f"IAM gave no answer within {PATIENCE:g} s"
        return tuple(Right(action, None, why) for action in actions)
    said = {raw.get("EvalActionName"): raw for raw in found.items}
    return tuple(judged(action, said.get(action, {})) for action in actions)


def judged(action: str, raw: dict[str, Any]) -> Right:
    """One result. A policy that asks for what the simulation does not know (a tag, MFA) says nothing either way."""
    decision, missing = raw.get("EvalDecision"), raw.get("MissingContextValues") or ()
    if decision == "allowed":
        return Right(action, True)
    if decision == "explicitDeny" or (decision == "implicitDeny" and not missing):
        return Right(action, False, str(decision))
    return Right(action, None, f"it depends on {', '.join(map(str, missing))}" if missing else "IAM does not say")


async def _policy_source(client: AwsClient, identity: Identity) -> str:
    """Whose policies count: of a role's session those of the role, whose path the session does not tell."""
    kind, _, rest = identity.who.partition("/")
    if kind != "assumed-role":
        return identity.arn
    answer = await client.read("iam", "GetRole", RoleName=rest.split("/", maxsplit=1)[0])
    return str(answer["Role"]["Arn"])
