"""The pure parts of changes: values AWS allows, the line by hand, names, rights, and who would take over."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime
from typing import Any

import pytest

from providers.aws import cli, convert, naming, preflight
from providers.aws.allowed import objection
from providers.aws.client import AwsClient, Identity
from providers.aws.permissions import judged
from providers.aws.restore import request_of
from providers.aws.values import Databases, DbCluster, DbInstance, Maintenance, Member, Parameter
from providers.core.config import Aws, Thresholds
from providers.core.errors import UsageError

INTEGER, LIST = "integer", "list"


@pytest.mark.parametrize(
    ("allowed", "kind", "value", "fits"),
    [
        ("6-8388607", INTEGER, "500", True),
        ("6-8388607", INTEGER, "5", False),
        ("6-8388607", INTEGER, "five", False),
        ("6-8388607", INTEGER, "{DBInstanceClassMemory/9531392}", True),
        ("6-8388607", INTEGER, "LEAST({DBInstanceClassMemory/9531392},5000)", True),
        ("-1-100,200-300", INTEGER, "-1", True),
        ("-1-100,200-300", INTEGER, "150", False),
        ("0,1", "boolean", "1", True),
        ("0,1", "boolean", "on", False),
        ("none, mod, ddl, all", "string", "ddl", True),
        ("none, mod, ddl, all", "string", "dml", False),
        ("0.0-1.0", "float", "0.25", True),
        ("0.0-1.0", "float", "1.5", False),
        ("auto_explain,pg_cron", LIST, "pg_cron,auto_explain", True),
        ("auto_explain,pg_cron", LIST, "pg_cron,evil", False),
        ("^[a-z]+(,[a-z]+)*$", "string", "anything", True),
        ("", "string", "anything", True),
        ("", INTEGER, "x", False),
    ],
)
def test_allowed_values(allowed: str, kind: str, value: str, fits: bool) -> None:
    why = objection(Parameter(name="p", allowed=allowed, data_type=kind), value)
    assert (why == "") is fits, why
    assert fits or "p" in why


def test_the_line_by_hand_is_what_is_sent() -> None:
    client = AwsClient("aws t", Aws(region="eu-west-1", profile="on call"))
    params = {
        "DBClusterIdentifier": "c",
        "RestoreToTime": datetime(2026, 5, 4, 11, tzinfo=UTC),
        "VpcSecurityGroupIds": ["sg-1", "sg-2"],
        "MultiAZ": False,
        "UseLatestRestorableTime": True,
        "Tags": [{"Key": "incident", "Value": "it's"}],
    }
    line = cli.command(client, "rds", "RestoreDBClusterToPointInTime", params)
    assert shlex.split(line) == [
        "aws", "rds", "restore-db-cluster-to-point-in-time", "--db-cluster-identifier", "c",
        "--restore-to-time", "2026-05-04T11:00:00Z", "--vpc-security-group-ids", "sg-1", "sg-2", "--no-multi-az",
        "--use-latest-restorable-time", "--tags", '[{"Key":"incident","Value":"it\'s"}]',
        "--region", "eu-west-1", "--profile", "on call",
    ]  # fmt: skip
    role = AwsClient("aws t", Aws(region="r", assume_role="arn:aws:iam::444455556666:role/OnCall"))
    assert cli.command(role, "rds", "FailoverDBCluster", {}).endswith("  # as arn:aws:iam::444455556666:role/OnCall")


@pytest.mark.parametrize("text", ["", "1a", "a-", "a--b", "a_b", "ä", "a" * 64, "a b", "a\n"])
def test_names_rds_would_refuse(text: str) -> None:
    with pytest.raises(UsageError):
        naming.database_name(text)


def test_names_and_tags_rds_takes() -> None:
    assert naming.database_name("Fusion-1") == "fusion-1"
    assert naming.snapshot_name("a" * 255, of_cluster=False) == "a" * 255
    with pytest.raises(UsageError):
        naming.snapshot_name("a" * 64, of_cluster=True)
    assert naming.tags("incident=INC-42, by=ann") == [
        {"Key": "incident", "Value": "INC-42"},
        {"Key": "by", "Value": "ann"},
    ]


@pytest.mark.parametrize(
    ("raw", "allowed"),
    [
        ({"EvalDecision": "allowed"}, True),
        ({"EvalDecision": "explicitDeny", "MissingContextValues": ["aws:MultiFactorAuthPresent"]}, False),
        ({"EvalDecision": "implicitDeny"}, False),
        ({"EvalDecision": "implicitDeny", "MissingContextValues": ["aws:RequestTag/x"]}, None),
        ({}, None),
    ],
)
def test_a_simulated_right(raw: dict[str, Any], allowed: bool | None) -> None:
    assert judged("rds:FailoverDBCluster", raw).allowed is allowed


def test_a_role_s_session_has_another_name_after_each_login() -> None:
    session = Identity("arn:aws:sts::444455556666:assumed-role/OnCall/ann-1", "444455556666")
    again = Identity("arn:aws:sts::444455556666:assumed-role/OnCall/ann-2", "444455556666")
    assert session.principal == again.principal and session.who == "assumed-role/OnCall/ann-1"
    user = Identity("arn:aws:iam::444455556666:user/team/ann", "444455556666")
    assert user.principal == user.arn


def instance(name: str, **more: Any) -> DbInstance:
    given: dict[str, Any] = {
        "arn": "a",
        "resource_id": name,
        "status": "available",
        "engine": "aurora",
        "version": "16",
        "instance_class": "db.r6g.large",
    }
    return DbInstance(name=name, cluster="c", **(given | more))


def cluster(*readers: tuple[str, int], status: str = "available") -> DbCluster:
    members = (Member("w", True, 1), *(Member(name, False, tier) for name, tier in readers))
    return DbCluster(name="c", arn="a", resource_id="r", status=status, engine="aurora", version="16", members=members)


def test_the_lowest_tier_takes_over_and_its_rivals_are_named() -> None:
    known = Databases(instances=(instance("a", lag=0.01), instance("b"), instance("z")))
    heir = preflight.successor(cluster(("z", 15), ("a", 1), ("b", 1)), known, "")
    assert heir.instance and heir.instance.name == "a" and heir.rivals == ("b",)
    said = preflight.concerns(cluster(("a", 1), ("b", 1)), known, heir, Thresholds(), ())
    assert any("target_instance" in line for line in said) and "no long transaction is open on the writer" in said


def test_what_speaks_against_a_failover() -> None:
    sick = Databases(instances=(instance("a", status="rebooting"),))
    assert "rebooting" in preflight.blockers(cluster(("a", 1)), preflight.successor(cluster(("a", 1)), sick, ""))[0]
    assert "no reader" in preflight.blockers(cluster(), preflight.successor(cluster(), sick, ""))[0]
    busy = cluster(("a", 1), status="failing-over")
    well = Databases(instances=(instance("a"),))
    assert preflight.blockers(busy, preflight.successor(busy, well, "a")) == (
        "the cluster is failing-over; wait until it is available",
    )


def test_what_to_know_before_a_failover() -> None:
    known = Databases(
        instances=(
            instance("w", instance_class="db.r6g.4xlarge"),
            instance("a", lag=42.0, pending=("EngineVersion 16.7",)),
        ),
        maintenance=(Maintenance("a", "system-update"), Maintenance("elsewhere", "system-update")),
    )
    of = cluster(("a", 1))
    said = "\n".join(preflight.concerns(of, known, preflight.successor(of, known, "a"), Thresholds(), None))
    for words in ("42 s behind: more than", "db.r6g.4xlarge", "EngineVersion 16.7", "maintenance of a", "only reader"):
        assert words in said
    assert "elsewhere" not in said


def test_a_restore_takes_what_rds_would_leave_at_its_defaults() -> None:
    raw = {
        "DBClusterIdentifier": "c",
        "DBClusterArn": "arn:aws:rds:eu-west-1:444455556666:cluster:c",
        "DBSubnetGroup": "data",
        "VpcSecurityGroups": [{"VpcSecurityGroupId": "sg-1"}],
        "DBClusterParameterGroup": "pg",
        "IAMDatabaseAuthenticationEnabled": True,
        "ServerlessV2ScalingConfiguration": {"MinCapacity": 0.5, "MaxCapacity": 16.0},
    }
    request = request_of(convert.cluster(raw), "new", datetime(2026, 5, 4, 11, tzinfo=UTC))
    assert request.params == {
        "DBClusterIdentifier": "new",
        "SourceDBClusterIdentifier": "c",
        "RestoreType": "full-copy",
        "RestoreToTime": datetime(2026, 5, 4, 11, tzinfo=UTC),
        "DBSubnetGroupName": "data",
        "VpcSecurityGroupIds": ["sg-1"],
        "DBClusterParameterGroupName": "pg",
        "EnableIAMDatabaseAuthentication": True,
        "ServerlessV2ScalingConfiguration": {"MinCapacity": 0.5, "MaxCapacity": 16.0},
    }


def test_what_waits_to_be_applied_never_shows_a_password() -> None:
    pending = {"MasterUserPassword": "hunter22", "DBInstanceClass": "db.m6g.xlarge", "Iops": None}
    found = convert.instance({"DBInstanceIdentifier": "i", "PendingModifiedValues": pending})
    assert found.pending == ("DBInstanceClass db.m6g.xlarge", "MasterUserPassword")
