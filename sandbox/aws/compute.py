"""EC2: the nodes of the cluster as the cluster knows them, and the bastion."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from moto.ec2.models import instances

from sandbox.aws.account import PROJECT, Account, tagged
from sandbox.aws.network import Network
from sandbox.cluster.nodes.estate.machines import BASTION_IP, MACHINES
from sandbox.cluster.nodes.machines import Machine

BASTION = "i-0d17e4b86c93fa250"
_IMAGE = "ami-0f4c9d2b7e81a3650"
_GROUP = "eks.amazonaws.com/nodegroup"


def seed(account: Account, network: Network) -> dict[str, str]:
    """Start the machines; returns their network interfaces, address to id."""
    ec2 = account.client("ec2")
    interfaces = {}
    for machine, subnet in zip(MACHINES, network.private, strict=True):
        place = (machine.ip, subnet, network.groups["app"])
        interfaces[machine.ip] = _start(ec2, machine.instance, "m6i.xlarge", place, _node_tags(machine))
    place = (BASTION_IP, network.public[0], network.groups["bastion"])
    interfaces[BASTION_IP] = _start(ec2, BASTION, "t3.micro", place, tagged(f"{PROJECT}-bastion"))
    return interfaces


def _node_tags(machine: Machine) -> list[dict[str, str]]:
    owned = {f"kubernetes.io/cluster/{PROJECT}": "owned", "eks:nodegroup-name": machine.labels[_GROUP]}
    return [*tagged(machine.name), *({"Key": key, "Value": value} for key, value in owned.items())]


def _start(ec2: Any, instance: str, kind: str, place: tuple[str, str, str], tags: list[dict[str, str]]) -> str:
    """`place`: address, subnet and security group. Returns the id of its interface."""
    ip, subnet, group = place
    with _numbered(instance):
        started = ec2.run_instances(
            ImageId=_IMAGE, InstanceType=kind, MinCount=1, MaxCount=1, SubnetId=subnet, PrivateIpAddress=ip,
            SecurityGroupIds=[group], TagSpecifications=[{"ResourceType": "instance", "Tags": tags}],
        )  # fmt: skip
    interface: str = started["Instances"][0]["NetworkInterfaces"][0]["NetworkInterfaceId"]
    return interface


@contextmanager
def _numbered(instance: str) -> Iterator[None]:
    """The next instance gets this id: moto makes ids up, and the cluster's nodes already have theirs."""
    source: Any = instances
    made_up = source.random_instance_id
    source.random_instance_id = lambda: instance
    try:
        yield
    finally:
        source.random_instance_id = made_up
