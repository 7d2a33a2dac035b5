"""Answers as AWS documents them, for what the sandbox's account does not have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tests.contract.aws.servers import Reply

CACHE: Final = "fusion-bitcoin-sandbox-redis"


def answer(operation: str, body: str) -> Reply:
    """A successful answer of the query protocol."""
    return (
        200,
        f"<{operation}Response><{operation}Result>{body}</{operation}Result><ResponseMetadata/></{operation}Response>",
    )


CACHE_CLUSTERS: Final = answer(
    "DescribeCacheClusters",
    f"""<CacheClusters><CacheCluster><CacheClusterId>{CACHE}-001</CacheClusterId>
    <ARN>arn:aws:elasticache:eu-west-1:444455556666:cluster:{CACHE}-001</ARN>
    <CacheClusterStatus>modifying</CacheClusterStatus><Engine>redis</Engine><EngineVersion>7.1.0</EngineVersion>
    <CacheNodeType>cache.t4g.small</CacheNodeType><NumCacheNodes>1</NumCacheNodes>
    <ReplicationGroupId>{CACHE}</ReplicationGroupId><TransitEncryptionEnabled>true</TransitEncryptionEnabled>
    <PendingModifiedValues><CacheNodeType>cache.m7g.large</CacheNodeType></PendingModifiedValues>
    <CacheParameterGroup><CacheParameterGroupName>fusion-redis7</CacheParameterGroupName>
    <ParameterApplyStatus>pending-reboot</ParameterApplyStatus><CacheNodeIdsToReboot>
    <CacheNodeId>0001</CacheNodeId></CacheNodeIdsToReboot></CacheParameterGroup>
    <CacheNodes><CacheNode><CacheNodeId>0001</CacheNodeId><CacheNodeStatus>available</CacheNodeStatus>
    <Endpoint><Address>{CACHE}-001.x.euw1.cache.amazonaws.com</Address><Port>6379</Port></Endpoint>
    <ParameterGroupStatus>pending-reboot</ParameterGroupStatus><CustomerAvailabilityZone>eu-west-1a</CustomerAvailabilityZone>
    </CacheNode></CacheNodes></CacheCluster></CacheClusters>""",
)
REPLICATION_GROUPS: Final = answer(
    "DescribeReplicationGroups",
    f"""<ReplicationGroups><ReplicationGroup><ReplicationGroupId>{CACHE}</ReplicationGroupId>
    <Description>Bridge</Description><Status>modifying</Status><AutomaticFailover>enabled</AutomaticFailover>
    <MultiAZ>enabled</MultiAZ><MemberClusters><ClusterId>{CACHE}-001</ClusterId></MemberClusters>
    <NodeGroups><NodeGroup><NodeGroupId>0001</NodeGroupId><Status>available</Status>
    <PrimaryEndpoint><Address>primary.{CACHE}</Address><Port>6379</Port></PrimaryEndpoint>
    <NodeGroupMembers><NodeGroupMember><CacheClusterId>{CACHE}-001</CacheClusterId><CurrentRole>primary</CurrentRole>
    <PreferredAvailabilityZone>eu-west-1a</PreferredAvailabilityZone></NodeGroupMember></NodeGroupMembers>
    </NodeGroup></NodeGroups></ReplicationGroup></ReplicationGroups>""",
)
CACHE_EVENTS: Final = answer(
    "DescribeEvents",
    "<Events>"
    + "".join(
        f"<Event><SourceIdentifier>{name}</SourceIdentifier><SourceType>cache-cluster</SourceType>"
        f"<Message>{message}</Message><Date>{at}</Date></Event>"
        for name, message, at in (
            (f"{CACHE}-001", "Recovering cache nodes 0001", "2026-05-04T11:00:00Z"),
            (f"{CACHE}-001", "Finished recovery for cache nodes 0001", "2026-05-04T11:05:00Z"),
            ("somebody-elses", "Cache cluster created", "2026-05-04T11:06:00Z"),
        )
    )
    + "</Events>",
)


class CacheGroup:
    """A parameter group of the cache that takes changes."""

    def __init__(self) -> None:
        self.timeout = "300"

    def describe(self, params: Mapping[str, str]) -> Reply:
        status, text = cache_parameters(params)
        return status, text.replace(">300<", f">{self.timeout}<")

    def modify(self, params: Mapping[str, str]) -> Reply:
        prefix = "ParameterNameValues.ParameterNameValue.1"
        assert params[f"{prefix}.ParameterName"] == "timeout"
        self.timeout = params[f"{prefix}.ParameterValue"]
        return answer("ModifyCacheParameterGroup", "<CacheParameterGroupName>fusion-redis7</CacheParameterGroupName>")


def cache_parameters(params: Mapping[str, str]) -> Reply:
    """Two pages: the second is asked for by the marker of the first."""
    second = params.get("Marker") == "more"
    name, value, change = ("timeout", "300", "immediate") if second else ("maxclients", "65000", "requires-reboot")
    marker = "" if second else "<Marker>more</Marker>"
    return answer(
        "DescribeCacheParameters",
        f"""{marker}<Parameters><Parameter><ParameterName>{name}</ParameterName><ParameterValue>{value}</ParameterValue>
        <Source>user</Source><DataType>integer</DataType><AllowedValues>1-65000</AllowedValues>
        <IsModifiable>true</IsModifiable><ChangeType>{change}</ChangeType></Parameter></Parameters>""",
    )


MAINTENANCE: Final = answer(
    "DescribePendingMaintenanceActions",
    """<PendingMaintenanceActions><ResourcePendingMaintenanceActions>
    <ResourceIdentifier>arn:aws:rds:eu-west-1:444455556666:cluster:fusion-bitcoin-sandbox</ResourceIdentifier>
    <PendingMaintenanceActionDetails><PendingMaintenanceAction><Action>system-update</Action>
    <AutoAppliedAfterDate>2026-12-01T02:40:00Z</AutoAppliedAfterDate><Description>New patch</Description>
    </PendingMaintenanceAction></PendingMaintenanceActionDetails></ResourcePendingMaintenanceActions>
    </PendingMaintenanceActions>""",
)
LOG_TAIL: Final = answer(
    "DownloadDBLogFilePortion",
    "<LogFileData>first line&#10;FATAL:  sorry, too many clients already&#10;</LogFileData>"
    "<AdditionalDataPending>false</AdditionalDataPending>",
)


def simulation(operation: str, decision: str, service: str = "rds") -> Reply:
    """What IAM says of one action."""
    return answer(
        "SimulatePrincipalPolicy",
        f"""<IsTruncated>false</IsTruncated><EvaluationResults><member>
        <EvalActionName>{service}:{operation}</EvalActionName><EvalResourceName>*</EvalResourceName>
        <EvalDecision>{decision}</EvalDecision></member></EvaluationResults>""",
    )


def clusters(name: str, status: str, writer: str) -> Reply:
    """A cluster of two, with its writer."""
    members = "".join(
        f"<DBClusterMember><DBInstanceIdentifier>{name}-{number}</DBInstanceIdentifier>"
        f"<IsClusterWriter>{str(f'{name}-{number}' == writer).lower()}</IsClusterWriter></DBClusterMember>"
        for number in (1, 2)
    )
    return answer(
        "DescribeDBClusters",
        f"""<DBClusters><DBCluster><DBClusterIdentifier>{name}</DBClusterIdentifier><Status>{status}</Status>
        <DbClusterResourceId>cluster-X</DbClusterResourceId><Endpoint>{name}.cluster-x.invalid</Endpoint>
        <DBClusterMembers>{members}</DBClusterMembers></DBCluster></DBClusters>""",
    )


def db_parameter(name: str, value: str, allowed: str, apply_type: str, modifiable: bool = True) -> Reply:
    """A parameter of an instance's group, as RDS describes it."""
    return answer(
        "DescribeDBParameters",
        f"""<Parameters><Parameter><ParameterName>{name}</ParameterName><ParameterValue>{value}</ParameterValue>
        <Description>d</Description><Source>system</Source><ApplyType>{apply_type}</ApplyType><DataType>integer</DataType>
        <AllowedValues>{allowed}</AllowedValues><IsModifiable>{str(modifiable).lower()}</IsModifiable>
        <ApplyMethod>pending-reboot</ApplyMethod></Parameter></Parameters>""",
    )


def assumed(secret: str, until: str) -> Reply:
    """Credentials of a role."""
    return answer(
        "AssumeRole",
        f"""<Credentials><AccessKeyId>ASIAEXAMPLE</AccessKeyId><SecretAccessKey>{secret}</SecretAccessKey>
        <SessionToken>token-of-{secret}</SessionToken><Expiration>{until}</Expiration></Credentials>""",
    )


def role(name: str, arn: str) -> Reply:
    """A role of IAM."""
    return answer(
        "GetRole",
        f"""<Role><Path>/</Path><RoleName>{name}</RoleName><RoleId>AROAEXAMPLEEXAMPLE00</RoleId><Arn>{arn}</Arn>
        <CreateDate>2026-05-04T11:00:00Z</CreateDate></Role>""",
    )
