"""The VPC of the bridge: its subnets, and who may talk to whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sandbox.aws.account import PROJECT, Account, tagged
from sandbox.cluster.nodes.estate.machines import MACHINES, REGION

VPC_BLOCK = "10.20.0.0/16"
OFFICE = "203.0.113.0/24"
PORTS = {"relayer": 3000, "resolver": 3001, "frontend": 8080}
"""Where each service of the bridge listens."""
ZONES = tuple(machine.zone for machine in MACHINES)
_PUBLIC, _PRIVATE, _DATA = (1, 2, 3), (11, 12, 13), (200, 201, 202)


@dataclass(frozen=True, slots=True)
class Network:
    """Ids: the VPC, its subnets by `tier` (one a zone, in the order of ZONES), its security groups by role."""

    vpc: str
    public: tuple[str, ...]
    private: tuple[str, ...]
    data: tuple[str, ...]
    groups: dict[str, str]


def seed(account: Account) -> Network:
    """Make the VPC and what is in it."""
    ec2 = account.client("ec2")
    vpc = ec2.create_vpc(CidrBlock=VPC_BLOCK, TagSpecifications=_tags("vpc", PROJECT))["Vpc"]["VpcId"]
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    tiers = {"public": _PUBLIC, "private": _PRIVATE, "data": _DATA}
    subnets = {tier: _subnets(ec2, vpc, tier, thirds) for tier, thirds in tiers.items()}
    _way_out(ec2, vpc, subnets["public"])
    return Network(vpc, **subnets, groups=_groups(ec2, vpc))


def _tags(kind: str, name: str) -> list[dict[str, Any]]:
    return [{"ResourceType": kind, "Tags": tagged(name)}]


def _subnets(ec2: Any, vpc: str, tier: str, thirds: tuple[int, ...]) -> tuple[str, ...]:
    return tuple(
        ec2.create_subnet(
            VpcId=vpc, CidrBlock=f"10.20.{third}.0/24", AvailabilityZone=zone,
            TagSpecifications=_tags("subnet", f"{PROJECT}-{tier}-{zone.removeprefix(REGION)}"),
        )["Subnet"]["SubnetId"]
        for third, zone in zip(thirds, ZONES, strict=True)
    )  # fmt: skip


def _way_out(ec2: Any, vpc: str, public: tuple[str, ...]) -> None:
    """The internet gateway and the route of the public subnets to it."""
    gateway = ec2.create_internet_gateway(TagSpecifications=_tags("internet-gateway", PROJECT))["InternetGateway"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway["InternetGatewayId"], VpcId=vpc)
    table = ec2.create_route_table(VpcId=vpc, TagSpecifications=_tags("route-table", f"{PROJECT}-public"))
    table_id = table["RouteTable"]["RouteTableId"]
    ec2.create_route(
        RouteTableId=table_id, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway["InternetGatewayId"]
    )  # fmt: skip
    for subnet in public:
        ec2.associate_route_table(RouteTableId=table_id, SubnetId=subnet)


def _groups(ec2: Any, vpc: str) -> dict[str, str]:
    purposes = {
        "alb": "Load balancer", "app": "Nodes and pods", "db": "PostgreSQL", "redis": "Redis", "bastion": "Way in",
    }  # fmt: skip
    ids = {
        role: ec2.create_security_group(
            GroupName=f"{PROJECT}-{role}", Description=purpose, VpcId=vpc,
            TagSpecifications=_tags("security-group", f"{PROJECT}-{role}"),
        )["GroupId"]
        for role, purpose in purposes.items()
    }  # fmt: skip
    for role, rules in _rules(ids).items():
        ec2.authorize_security_group_ingress(GroupId=ids[role], IpPermissions=rules)
    return ids


def _rules(ids: dict[str, str]) -> dict[str, list[dict[str, Any]]]:
    """What each role lets in."""
    return {
        "alb": [_from_block(80, "0.0.0.0/0", "HTTP")],
        "app": [
            *(_from_group(port, ids["alb"]) for port in PORTS.values()),
            _from_group(22, ids["bastion"]),
        ],
        "db": [_from_group(5432, ids["app"]), _from_group(5432, ids["bastion"])],
        "redis": [_from_group(6379, ids["app"])],
        "bastion": [_from_block(22, OFFICE, "office")],
    }


def _from_block(port: int, block: str, why: str) -> dict[str, Any]:
    return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [{"CidrIp": block, "Description": why}]}


def _from_group(port: int, group: str) -> dict[str, Any]:
    # Without a description: moto revokes such a rule only for one that repeats it, EC2 for one that does not, too.
    return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "UserIdGroupPairs": [{"GroupId": group}]}
