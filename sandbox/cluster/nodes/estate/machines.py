"""The three machines of the estate: two for the bridge, one kept for monitoring."""

from __future__ import annotations

from sandbox.cluster.nodes.machines import Machine

REGION = "eu-west-1"
BASTION_IP = "10.20.1.10"
"""The way in from outside; it is no machine of the cluster."""
MONITORING_TAINT = ("dedicated", "monitoring", "NoSchedule")
_GROUP = "eks.amazonaws.com/nodegroup"


def _machine(last: str, zone: str, instance: str, group: str, **more: object) -> Machine:
    subnet = f"10.20.{last.partition('-')[0]}"
    ip = f"{subnet}.{last.partition('-')[2]}"
    name = f"ip-{ip.replace('.', '-')}.{REGION}.compute.internal"
    machine = Machine(name, ip, f"{REGION}{zone}", subnet, instance, labels={_GROUP: group, "role": group})
    for field, value in more.items():
        setattr(machine, field, value)
    return machine


MACHINES = (
    _machine("11-34", "a", "i-0a41c7d2e9b35f608", "app"),
    _machine("12-41", "b", "i-0b9e2f6c1d8a74e53", "app", cgroup=1),
    _machine("13-27", "c", "i-0c5d83a7f2e1b6940", "monitoring", taints=(MONITORING_TAINT,)),
)
APP_MACHINES = MACHINES[:2]
