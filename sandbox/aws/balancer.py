"""The load balancer in front of the bridge, and CloudFront in front of its pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sandbox.aws.account import PROJECT, TAGS, Account
from sandbox.aws.network import PORTS, Network
from sandbox.cluster.nodes.estate.machines import REGION

BALANCER = f"{PROJECT}-alb"
TARGETS = {
    "relayer": ("10.20.11.40", "10.20.12.40", "10.20.12.42"),
    "resolver": ("10.20.11.41", "10.20.12.43"),
    "frontend": ("10.20.11.42", "10.20.12.44"),
}
"""The addresses of the pods as the cluster starts."""
PATHS = {"relayer": "/relay/*", "resolver": "/api/*"}
"""What goes elsewhere than to the frontend; the rules are in this order."""


@dataclass(frozen=True, slots=True)
class Balancer:
    """ARNs: of the load balancer and of its target groups by service."""

    arn: str
    groups: dict[str, str]
    name: str = BALANCER

    @property
    def dimension(self) -> str:
        """What CloudWatch calls it: app/name/id."""
        return self.arn.partition("loadbalancer/")[2]


def seed(account: Account, network: Network) -> Balancer:
    """Make the load balancer, its listener, and a target group with its targets for each service."""
    elb = account.client("elbv2")
    arn = elb.create_load_balancer(
        Name=BALANCER, Subnets=network.public, SecurityGroups=[network.groups["alb"]], Scheme="internet-facing",
        Type="application", Tags=TAGS,
    )["LoadBalancers"][0]["LoadBalancerArn"]  # fmt: skip
    groups = {service: _group(elb, service, network.vpc) for service in PORTS}
    _listen(elb, arn, groups)
    return Balancer(arn, groups)


def _group(elb: Any, service: str, vpc: str) -> str:
    group: str = elb.create_target_group(
        Name=f"{PROJECT}-{service}", Protocol="HTTP", Port=PORTS[service], VpcId=vpc, TargetType="ip",
        HealthCheckPath="/health", HealthCheckIntervalSeconds=15, HealthyThresholdCount=2, Tags=TAGS,
    )["TargetGroups"][0]["TargetGroupArn"]  # fmt: skip
    elb.register_targets(TargetGroupArn=group, Targets=[{"Id": ip, "Port": PORTS[service]} for ip in TARGETS[service]])
    return group


def _listen(elb: Any, balancer: str, groups: dict[str, str]) -> None:
    """The pages by default, the services by their paths."""
    listener = elb.create_listener(
        LoadBalancerArn=balancer, Protocol="HTTP", Port=80, DefaultActions=[_forward(groups["frontend"])], Tags=TAGS
    )["Listeners"][0]["ListenerArn"]
    for priority, (service, path) in enumerate(PATHS.items(), start=1):
        condition = {"Field": "path-pattern", "Values": [path]}
        elb.create_rule(
            ListenerArn=listener, Priority=priority, Conditions=[condition], Actions=[_forward(groups[service])]
        )


def _forward(group: str) -> dict[str, str]:
    return {"Type": "forward", "TargetGroupArn": group}


def distribute(account: Account, bucket: str) -> str:
    """Make the distribution that serves the pages from the bucket; returns its id."""
    config = {
        "CallerReference": bucket,
        "Comment": "Pages of the bridge",
        "Enabled": True,
        "DefaultRootObject": "index.html",
        "Origins": {"Quantity": 1, "Items": [_origin(bucket)]},
        "DefaultCacheBehavior": {
            "TargetOriginId": bucket,
            "ViewerProtocolPolicy": "redirect-to-https",
            "ForwardedValues": {"QueryString": False, "Cookies": {"Forward": "none"}},
            "MinTTL": 0,
            "TrustedSigners": {"Enabled": False, "Quantity": 0},
        },
    }
    cloudfront = account.client("cloudfront")
    made: str = cloudfront.create_distribution(DistributionConfig=config)["Distribution"]["Id"]
    return made


def _origin(bucket: str) -> dict[str, Any]:
    return {
        "Id": bucket,
        "DomainName": f"{bucket}.s3.{REGION}.amazonaws.com",
        "S3OriginConfig": {"OriginAccessIdentity": ""},
    }
