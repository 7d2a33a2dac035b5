"""The account around the bridge, as a client of AWS finds it."""

from __future__ import annotations

import json
import re
import shlex
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import boto3
import pytest
import pytest_asyncio
import yaml
from botocore.exceptions import ClientError

from providers.core.config import load
from providers.core.errors import Unreachable
from sandbox.aws import Aws, start
from sandbox.aws.account import Account, session
from sandbox.aws.balancer import Balancer
from sandbox.aws.faults import ACCOUNT_FAULTS
from sandbox.aws.logs import ACCESS_GROUP, FLOW_GROUP, TRAIL_GROUP, Logs
from sandbox.aws.metrics import MINUTES, Meter
from sandbox.cluster.cluster import Cluster
from sandbox.cluster.nodes.estate.bridge import RELEASES
from sandbox.cluster.nodes.estate.config import DATABASE
from sandbox.cluster.nodes.estate.ground import AGE
from sandbox.cluster.nodes.estate.machines import BASTION_IP, MACHINES
from sandbox.cluster.nodes.programs import outside
from tests.contract.sandbox.aws_account import CLUSTER, Client, grounds_in, messages, story, writer_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

_FAULTS = {fault.name: fault for fault in ACCOUNT_FAULTS}
SERVICES = {"relayer": 3000, "resolver": 3001, "frontend": 8080}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def aws(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Aws]:
    member = await start(grounds_in(tmp_path_factory.mktemp("estate")))
    yield member
    await member.stop()


@pytest.fixture(scope="module")
def at(aws: Aws) -> Client:
    return Client(aws)


async def test_where_points_any_client_of_aws_at_it(aws: Aws, at: Client) -> None:
    where = aws.where
    assert set(where) == {"aws_endpoint", "aws_region", "aws_account", "aws_credentials", "aws_config"}
    assert where["aws_endpoint"].startswith("http://127.0.0.1:")
    assert {Path(where[name]).stat().st_mode & 0o777 for name in ("aws_credentials", "aws_config")} == {0o600}
    me = at.sts.get_caller_identity()
    assert (me["Account"], me["Arn"]) == (where["aws_account"], f"arn:aws:iam::{where['aws_account']}:user/oncall")
    assert at.ec2.meta.region_name == where["aws_region"] == "eu-west-1"


async def test_section_loads_as_configuration_of_the_console(aws: Aws, tmp_path: Path) -> None:
    path = tmp_path / "console.yaml"
    path.write_text(yaml.safe_dump({"version": 1, "environments": {"sandbox": aws.section}}))
    loaded = load(path, {"HOME": str(tmp_path)})
    assert not loaded.warnings
    (environment,) = [each for name, each in loaded.config.environments.items() if name == "sandbox"]
    assert environment.aws is not None
    assert {key: getattr(environment.aws, key) for key in aws.section["aws"]} == aws.section["aws"]


async def test_machines_are_those_of_the_cluster_and_a_bastion(aws: Aws, at: Client) -> None:
    found = [i for r in at.ec2.describe_instances()["Reservations"] for i in r["Instances"]]
    facts = {
        (i["InstanceId"], i["PrivateDnsName"], i["PrivateIpAddress"], i["Placement"]["AvailabilityZone"]) for i in found
    }
    nodes = {(m.instance, m.name, m.ip, m.zone) for m in MACHINES}
    (bastion,) = facts - nodes
    assert nodes < facts and bastion[2] == BASTION_IP
    assert {i["State"]["Name"] for i in found} == {"running"}


async def test_security_groups_let_in_whom_they_should(aws: Aws, at: Client) -> None:
    (vpc,) = at.ec2.describe_vpcs(Filters=[{"Name": "cidr", "Values": ["10.20.0.0/16"]}])["Vpcs"]
    filters = [{"Name": "vpc-id", "Values": [vpc["VpcId"]]}, {"Name": "group-name", "Values": ["fusion-bitcoin-*"]}]
    groups = {g["GroupName"]: g for g in at.ec2.describe_security_groups(Filters=filters)["SecurityGroups"]}
    sources = {
        (name.removeprefix("fusion-bitcoin-"), rule["FromPort"], pair.get("GroupId") or pair["CidrIp"])
        for name, group in groups.items()
        for rule in group["IpPermissions"]
        for pair in (*rule["UserIdGroupPairs"], *rule["IpRanges"])
    }
    section = aws.section["aws"]
    app = section["app_security_group"]
    assert app == groups["fusion-bitcoin-app"]["GroupId"]
    assert section["db_security_group"] == groups["fusion-bitcoin-db"]["GroupId"]
    assert {("db", 5432, app), ("redis", 6379, app), ("bastion", 22, "203.0.113.0/24")} < sources
    assert {rule[:2] for rule in sources if rule[2] == "0.0.0.0/0"} == {("alb", 80)}
    assert len(at.ec2.describe_subnets(Filters=filters[:1])["Subnets"]) == 9


async def test_database_rule_can_be_taken_out_and_put_back_once(aws: Aws, at: Client) -> None:
    section = aws.section["aws"]
    source = {"UserIdGroupPairs": [{"GroupId": section["app_security_group"]}]}
    rule = {
        "GroupId": section["db_security_group"],
        "IpPermissions": [{"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, **source}],
    }
    at.ec2.revoke_security_group_ingress(**rule)
    with pytest.raises(ClientError, match=r"InvalidPermission\.NotFound"):
        at.ec2.revoke_security_group_ingress(**rule)
    at.ec2.authorize_security_group_ingress(**rule)
    with pytest.raises(ClientError, match=r"InvalidPermission\.Duplicate"):
        at.ec2.authorize_security_group_ingress(**rule)


async def test_databases_have_settings_and_snapshots_of_both_kinds(aws: Aws, at: Client) -> None:
    rds, section = at.rds, aws.section["aws"]
    (cluster,) = rds.describe_db_clusters(DBClusterIdentifier=section["rds_cluster"])["DBClusters"]
    assert (cluster["Engine"], cluster["Status"]) == ("aurora-postgresql", "available")
    (instance,) = rds.describe_db_instances(DBInstanceIdentifier=section["rds_instance"])["DBInstances"]
    assert (instance["Engine"], instance["DBInstanceStatus"]) == ("postgres", "available")
    assert instance["VpcSecurityGroups"][0]["VpcSecurityGroupId"] == section["db_security_group"]
    group = cluster["DBClusterParameterGroup"]
    of_cluster = rds.describe_db_cluster_parameters(DBClusterParameterGroupName=group)["Parameters"]
    (group,) = instance["DBParameterGroups"]
    of_instance = rds.describe_db_parameters(DBParameterGroupName=group["DBParameterGroupName"])["Parameters"]
    limits = [
        {p["ParameterName"]: p["ParameterValue"] for p in each}["max_connections"] for each in (of_cluster, of_instance)
    ]
    assert limits == ["400", "200"]
    of_cluster = rds.describe_db_cluster_snapshots(DBClusterIdentifier=CLUSTER)["DBClusterSnapshots"]
    of_instance = rds.describe_db_snapshots(DBInstanceIdentifier=section["rds_instance"])["DBSnapshots"]
    assert (
        {s["SnapshotType"] for s in of_cluster} == {s["SnapshotType"] for s in of_instance} == {"automated", "manual"}
    )


async def test_databases_have_a_past_to_go_back_to(aws: Aws, at: Client) -> None:
    rds, section, now = at.rds, aws.section["aws"], datetime.now(UTC)
    (cluster,) = rds.describe_db_clusters(DBClusterIdentifier=section["rds_cluster"])["DBClusters"]
    assert cluster["LatestRestorableTime"] - cluster["EarliestRestorableTime"] >= timedelta(days=7)
    (instance,) = rds.describe_db_instances(DBInstanceIdentifier=section["rds_instance"])["DBInstances"]
    born = now - AGE
    for made in (cluster["ClusterCreateTime"], instance["InstanceCreateTime"]):
        assert abs(made - born) < timedelta(minutes=5)
    snapshots = [
        *rds.describe_db_cluster_snapshots()["DBClusterSnapshots"],
        # The members of an Aurora cluster have none.
        *rds.describe_db_snapshots()["DBSnapshots"],
    ]
    nights = [s["SnapshotCreateTime"] for s in snapshots if s["SnapshotType"] == "automated"]
    assert len(nights) == 14 and len({night.date() for night in nights}) == 7
    assert timedelta(0) < now - max(nights) < timedelta(days=1, minutes=5)
    releases = [now - s["SnapshotCreateTime"] - RELEASES[-1].ago for s in snapshots if s["SnapshotType"] == "manual"]
    assert len(releases) == 2 and max(map(abs, releases)) < timedelta(minutes=5)


async def test_events_of_the_databases_are_told_for_the_time_asked(aws: Aws, at: Client) -> None:
    backups = partial(
        at.rds.describe_events, SourceType="db-instance", SourceIdentifier=aws.section["aws"]["rds_instance"]
    )
    now = datetime.now(UTC)
    days = backups(Duration=14 * 24 * 60)["Events"]
    assert [e["Message"] for e in days] == 7 * ["Backing up DB instance", "Finished DB instance backup"]
    assert backups(StartTime=days[0]["Date"], EndTime=days[1]["Date"])["Events"] == days[:2]
    recent = [event for event in days if event["Date"] > now - timedelta(hours=1)]
    assert backups()["Events"] == recent


async def test_credentials_and_pages_have_an_age(aws: Aws, at: Client) -> None:
    ages = [
        *(secret["LastChangedDate"] for secret in at.secretsmanager.list_secrets()["SecretList"]),
        *(key["CreateDate"] for key in at.iam.list_access_keys(UserName="fusion-bitcoin-deploy")["AccessKeyMetadata"]),
        *(page["LastModified"] for page in at.s3.list_objects_v2(Bucket=aws.section["aws"]["bucket"])["Contents"]),
        *(i["LaunchTime"] for r in at.ec2.describe_instances()["Reservations"] for i in r["Instances"]),
    ]
    assert len(ages) == 11 and all(datetime.now(UTC) - moment > timedelta(days=2) for moment in ages)


UNSUPPORTED: tuple[tuple[str, Callable[[Client], Any]], ...] = (
    ("query", lambda at: at.rds.describe_pending_maintenance_actions()),
    ("ec2", lambda at: at.ec2.describe_instance_event_windows()),
    ("json", lambda at: at.cloudtrail.lookup_events()),
    ("of CloudWatch", lambda at: at.cloudwatch.describe_alarm_history()),
    ("of the cache", lambda at: at.elasticache.describe_cache_parameters(CacheParameterGroupName="default.redis7")),
)


@pytest.mark.parametrize("call", [call for _, call in UNSUPPORTED], ids=[protocol for protocol, _ in UNSUPPORTED])
async def test_what_it_lacks_is_refused_and_not_sent_again(at: Client, call: Callable[[Client], Any]) -> None:
    with pytest.raises(ClientError, match="The sandbox does not support") as refused:
        call(at)
    answer = refused.value.response
    assert answer["Error"]["Code"] == "InvalidAction"
    assert (answer["ResponseMetadata"]["HTTPStatusCode"], answer["ResponseMetadata"]["RetryAttempts"]) == (400, 0)


async def test_failover_swaps_the_writer_and_is_recorded(at: Client) -> None:
    before = writer_of(at)
    at.rds.failover_db_cluster(DBClusterIdentifier=CLUSTER)
    after = writer_of(at)
    assert {before, after} == {f"{CLUSTER}-1", f"{CLUSTER}-2"}
    events = at.rds.describe_events(SourceType="db-cluster", SourceIdentifier=CLUSTER)["Events"]
    assert [e["Message"] for e in events[-2:]] == [
        f"Started failover to DB instance: {after}",
        f"Completed failover to DB instance: {after}",
    ]
    assert all(e["EventCategories"] == ["failover"] for e in events)
    at.rds.failover_db_cluster(DBClusterIdentifier=CLUSTER, TargetDBInstanceIdentifier=before)
    assert writer_of(at) == before


async def test_rds_fails_over_by_itself(aws: Aws, at: Client) -> None:
    fault = _FAULTS["rds-failing-over"]
    before, begun = writer_of(at), datetime.now(UTC)
    for _ in range(2):
        await fault.inject(aws)
    assert (_status(at), writer_of(at)) == ("failing-over", before)
    with pytest.raises(ClientError, match="InvalidDBClusterStateFault"):
        at.rds.failover_db_cluster(DBClusterIdentifier=CLUSTER)
    for _ in range(2):
        await fault.heal(aws)
    after = writer_of(at)
    assert _status(at) == "available" and after != before
    events = at.rds.describe_events(SourceType="db-cluster", StartTime=begun)["Events"]
    words = [f"{step} failover to DB instance: {after}" for step in ("Started", "Completed")]
    assert [event["Message"] for event in events][-2:] == words


def _status(at: Client) -> str:
    status: str = at.rds.describe_db_clusters(DBClusterIdentifier=CLUSTER)["DBClusters"][0]["Status"]
    return status


async def test_the_replica_falls_behind(aws: Aws, at: Client) -> None:
    fault = _FAULTS["replica-lag"]
    assert max(_lag(at)) < 1000
    for _ in range(2):
        await fault.inject(aws)
    assert _alarm(at) == "ALARM"
    assert _lag(at)[:5] == [62_500, 50_000, 37_500, 25_000, 12_500]
    for _ in range(2):
        await fault.heal(aws)
    assert _alarm(at) == "OK"
    assert _lag(at)[0] < 1000


def _lag(at: Client) -> list[float]:
    """Milliseconds, newest first."""
    metric = {"Namespace": "AWS/RDS", "MetricName": "AuroraReplicaLag"}
    dimensions = [{"Name": "DBInstanceIdentifier", "Value": f"{CLUSTER}-2"}]
    stat = {"Metric": metric | {"Dimensions": dimensions}, "Period": 60, "Stat": "Average"}
    end = datetime.now(UTC) + timedelta(minutes=1)
    found = at.cloudwatch.get_metric_data(
        MetricDataQueries=[{"Id": "lag", "MetricStat": stat}], StartTime=end - timedelta(minutes=20), EndTime=end
    )
    values: list[float] = found["MetricDataResults"][0]["Values"]
    return values


def _alarm(at: Client) -> str:
    name = "fusion-bitcoin-db-replica-lag-high"
    state: str = at.cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]["StateValue"]
    return state


async def test_failover_to_an_instance_of_elsewhere_is_refused(at: Client) -> None:
    before = writer_of(at)
    with pytest.raises(ClientError, match=f"Cannot find target instance: {CLUSTER}-db") as refused:
        at.rds.failover_db_cluster(DBClusterIdentifier=CLUSTER, TargetDBInstanceIdentifier=f"{CLUSTER}-db")
    assert refused.value.response["Error"]["Code"] == "InvalidParameterValue"
    assert writer_of(at) == before


async def test_cache_is_there(aws: Aws, at: Client) -> None:
    name = aws.section["aws"]["cache_cluster"]
    (cache,) = at.elasticache.describe_cache_clusters(CacheClusterId=name)["CacheClusters"]
    assert (cache["CacheClusterStatus"], cache["Engine"], cache["NumCacheNodes"]) == ("available", "redis", 1)


async def test_targets_of_the_load_balancer_are_the_pods_of_the_cluster(aws: Aws, at: Client, tmp_path: Path) -> None:
    elb = at.elbv2
    (balancer,) = elb.describe_load_balancers(Names=[aws.section["aws"]["load_balancer"]])["LoadBalancers"]
    groups = elb.describe_target_groups(LoadBalancerArn=balancer["LoadBalancerArn"])["TargetGroups"]
    targets = {
        (
            group["TargetGroupName"].removeprefix("fusion-bitcoin-"),
            t["Target"]["Id"],
            t["Target"]["Port"],
            t["TargetHealth"]["State"],
        )
        for group in groups
        for t in elb.describe_target_health(TargetGroupArn=group["TargetGroupArn"])["TargetHealthDescriptions"]
    }
    cluster = await Cluster.start(tmp_path, seed=11)
    pods = [pod for pod in cluster.runtime.store.list("pods") if pod["metadata"]["labels"].get("tier") in SERVICES]
    await cluster.stop()
    assert targets == {
        (tier, pod["status"]["podIP"], SERVICES[tier], "healthy")
        for pod in pods
        if (tier := pod["metadata"]["labels"]["tier"])
    }
    assert {group["TargetType"] for group in groups} == {"ip"}


async def test_access_log_has_the_fields_of_elastic_load_balancing(aws: Aws, at: Client) -> None:
    lines = messages(at, aws.section["aws"]["access_log_group"])
    rows = [shlex.split(line) for line in lines]
    assert len(rows) >= 300 and {len(row) for row in rows} == {30}
    assert {row[0] for row in rows} == {"http"}
    assert {row[4] for row in rows if row[8] == "503"} == {"-"}
    reached = [row for row in rows if row[8] != "503"]
    assert all(re.fullmatch(r"10\.20\.1[12]\.\d+:(3000|3001|8080)", row[4]) for row in reached)
    assert {"200", "502", "503"} < {row[8] for row in rows}
    assert all(row[9] == "-" for row in rows if row[8] in {"502", "503", "504"})
    waits = {
        slow: [float(row[6]) for row in rows if row[8] == "200" and ("POST" in row[12]) == slow] for slow in (0, 1)
    }
    assert min(map(len, waits.values())) > 30
    assert sum(waits[1]) / len(waits[1]) > 4 * sum(waits[0]) / len(waits[0])


async def test_trail_has_denied_and_failed_calls(aws: Aws, at: Client) -> None:
    records = [json.loads(text) for text in messages(at, aws.section["aws"]["trail_log_group"])]
    denied = [r for r in records if "Denied" in r.get("errorCode", "")]
    assert 0 < len(denied) < len(records)
    assert all("is not authorized to perform" in r["errorMessage"] for r in denied)
    failed = [r for r in records if "Failed" in r.get("errorCode", "")]
    assert {r["errorMessage"] for r in failed} == {"The conditional request failed"}
    guide = '{ $.errorCode = "*Denied*" || $.errorCode = "*Failed*" }'
    found = [json.loads(text) for text in messages(at, aws.section["aws"]["trail_log_group"], guide)]
    assert [r["eventID"] for r in found] == [r["eventID"] for r in records if r in denied or r in failed]
    writes = [r for r in records if not r["readOnly"] and "errorCode" not in r]
    assert datetime.now(UTC) - datetime.fromisoformat(writes[-1]["eventTime"]) < timedelta(minutes=15)
    with pytest.raises(ClientError, match=r"InvalidParameterException.*Invalid filter pattern"):
        messages(at, aws.section["aws"]["trail_log_group"], "{ $.errorCode = ")


def _data_subnets(at: Client) -> list[dict[str, Any]]:
    name = {"Name": "tag:Name", "Values": ["fusion-bitcoin-data-a"]}
    subnets: list[dict[str, Any]] = at.ec2.describe_subnets(Filters=[name])["Subnets"]
    return subnets


async def test_flow_log_has_rejected_flows(aws: Aws, at: Client) -> None:
    group = aws.section["aws"]["flow_log_group"]
    flows = [line.split() for line in messages(at, group)]
    assert {len(flow) for flow in flows} == {14} and {flow[1] for flow in flows} == {aws.where["aws_account"]}
    rejected = [flow for flow in flows if flow[12] == "REJECT"]
    assert 0 < len(rejected) < len(flows)
    for pattern in ("REJECT", "[..., action=REJECT, status]"):
        assert len(messages(at, group, pattern)) == len(rejected)
    database = next(ip_network(s["CidrBlock"]) for s in _data_subnets(at))
    address = outside.address(DATABASE[0])
    assert address in {flow[4] for flow in flows if flow[6] == "5432"} and ip_address(address) in database
    known = {n["NetworkInterfaceId"] for n in at.ec2.describe_network_interfaces()["NetworkInterfaces"]}
    assert {flow[2] for flow in flows} <= known


METRICS = (
    ("AWS/RDS", "DBInstanceIdentifier", f"{CLUSTER}-1", ("CPUUtilization", "DatabaseConnections")),
    ("AWS/RDS", "DBInstanceIdentifier", f"{CLUSTER}-2", ("CPUUtilization", "AuroraReplicaLag")),
    ("AWS/RDS", "DBInstanceIdentifier", f"{CLUSTER}-db", ("DatabaseConnections", "FreeStorageSpace")),
    ("AWS/ElastiCache", "CacheClusterId", f"{CLUSTER}-redis", ("CPUUtilization", "CurrConnections", "Evictions")),
    ("AWS/ApplicationELB", "LoadBalancer", None, ("RequestCount", "TargetResponseTime", "HTTPCode_Target_5XX_Count")),
)


@pytest.mark.parametrize(("namespace", "dimension", "of", "names"), METRICS)
async def test_metrics_cover_the_last_three_hours(
    at: Client, namespace: str, dimension: str, of: str | None, names: tuple[str, ...]
) -> None:
    (balancer,) = at.elbv2.describe_load_balancers()["LoadBalancers"]
    value = of or balancer["LoadBalancerArn"].partition("loadbalancer/")[2]
    now = datetime.now(UTC)
    for name in names:
        points = at.cloudwatch.get_metric_statistics(
            Namespace=namespace, MetricName=name, Dimensions=[{"Name": dimension, "Value": value}], Period=60,
            StartTime=now - timedelta(minutes=179), EndTime=now, Statistics=["Average"],
        )["Datapoints"]  # fmt: skip
        newest = max(point["Timestamp"] for point in points)
        assert len(points) >= 170 and now - newest < timedelta(minutes=3), name
        assert all(point["Average"] >= 0 for point in points)


async def test_metrics_go_on_after_the_seed(aws: Aws) -> None:
    began = datetime.now(UTC) - timedelta(minutes=10)
    account = Account(session("key", "secret"), aws.where["aws_endpoint"], 7, began)
    meter = Meter(account, Balancer("loadbalancer/app/another/1", {}))
    count = partial(
        account.client("cloudwatch").get_metric_statistics, Namespace="AWS/ApplicationELB", MetricName="RequestCount",
        Dimensions=[{"Name": "LoadBalancer", "Value": "app/another/1"}], Period=60, Statistics=["SampleCount"],
        StartTime=began - timedelta(hours=4), EndTime=began + timedelta(hours=1),
    )  # fmt: skip
    meter.seed()
    assert len(count()["Datapoints"]) == MINUTES
    meter.beat()
    meter.beat()
    points = count()["Datapoints"]
    assert MINUTES + 10 <= len(points) <= MINUTES + 11 and {point["SampleCount"] for point in points} == {1.0}


async def test_logs_go_on_after_the_seed(aws: Aws) -> None:
    began = datetime.now(UTC) - timedelta(hours=1)
    elsewhere = boto3.Session("key", "secret", region_name="eu-central-1")
    account = Account(elsewhere, aws.where["aws_endpoint"], 7, began)
    services = ("relayer", "resolver", "frontend")
    balancer = Balancer("loadbalancer/app/another/1", {service: f"arn:{service}" for service in services})
    logs = Logs(
        account, balancer, {machine.ip: f"eni-{machine.instance}" for machine in MACHINES} | {BASTION_IP: "eni-b"}
    )

    def moments(group: str) -> list[int]:
        client = account.client("logs")
        return [e["timestamp"] for e in client.filter_log_events(logGroupName=group, limit=10_000)["events"]]

    logs.seed()
    groups = (ACCESS_GROUP, TRAIL_GROUP, FLOW_GROUP)
    past = {group: moments(group) for group in groups}
    logs.beat()
    for group in groups:
        assert max(past[group]) <= began.timestamp() * 1000
        more = moments(group)
        assert more[: len(past[group])] == past[group] and len(more) >= len(past[group]) + 30
    logs.beat()
    assert min(len(moments(group)) - len(past[group]) for group in groups) < 200


async def test_alarms_are_all_ok(at: Client) -> None:
    alarms = at.cloudwatch.describe_alarms(AlarmNamePrefix="fusion-bitcoin")["MetricAlarms"]
    assert len(alarms) == 8 and {alarm["StateValue"] for alarm in alarms} == {"OK"}


async def test_pages_state_and_locks(aws: Aws, at: Client) -> None:
    section = aws.section["aws"]
    keys = {item["Key"] for item in at.s3.list_objects_v2(Bucket=section["bucket"])["Contents"]}
    assert keys == {"index.html", "static/js/main.js"}
    (state,) = at.s3.list_objects_v2(Bucket=section["state_bucket"])["Contents"]
    (item,) = at.dynamodb.scan(TableName=section["lock_table"])["Items"]
    assert item == {
        "LockID": {"S": f"{section['state_bucket']}/{state['Key']}-md5"},
        "Digest": {"S": state["ETag"].strip('"')},
    }


async def test_secrets_users_and_distribution(aws: Aws, at: Client) -> None:
    names = [secret["Name"] for secret in at.secretsmanager.list_secrets()["SecretList"]]
    assert len(names) == 4 and all(name.startswith("fusion-bitcoin/") for name in names)
    for user in at.iam.list_users()["Users"]:
        assert len(at.iam.list_access_keys(UserName=user["UserName"])["AccessKeyMetadata"]) == 1
    made = at.cloudfront.get_distribution(Id=aws.section["aws"]["distribution"])["Distribution"]
    (origin,) = made["DistributionConfig"]["Origins"]["Items"]
    assert origin["DomainName"].startswith(aws.section["aws"]["bucket"])


async def test_same_seed_tells_the_same_story_and_stop_ends_it(
    aws: Aws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "of-the-user")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    member = await start(grounds_in(tmp_path))
    monkeypatch.undo()
    for one, other in zip(story(member), story(aws), strict=True):
        # The one that has run for longer has more to tell.
        length = min(len(one), len(other))
        assert length > 10 and one[:length] == other[:length]
    assert Path(member.where["aws_credentials"]).read_text() != Path(aws.where["aws_credentials"]).read_text()
    port = int(member.where["aws_endpoint"].rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=5):
        assert member.running
    await member.stop()
    await member.stop()
    assert not member.running and not Path(f"/proc/{member.pid}").exists()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=5)


async def test_members_are_known_without_the_libraries_of_aws() -> None:
    code = "import sys, sandbox.members; print({'boto3', 'moto'} & set(sys.modules), *sandbox.members.STARTERS)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert said[0] == "set()" and "aws" in said


async def test_failing_seed_is_unreachable_with_the_reason(tmp_path: Path) -> None:
    grounds = grounds_in(tmp_path)
    (grounds.directory / "credentials").mkdir()
    with pytest.raises(Unreachable, match=r"aws did not start: .*\n(.*\n)*FileExistsError: .*credentials"):
        await start(grounds)
    assert not list((tmp_path / "children").iterdir())
