"""The whole seed, in the order its parts need each other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import boto3
from moto.moto_api._internal import mock_random
from moto.rds.models import rds_backends

from sandbox.aws import balancer, cache, compute, database, identity, logs, metrics, network, patterns, storage
from sandbox.aws.account import ACCOUNT, PROFILE, Account, session, write_profile
from sandbox.aws.failover import complete_failovers
from sandbox.aws.metrics import Meter
from sandbox.cluster.nodes.estate.machines import REGION

Facts = dict[str, dict[str, Any]]


def seed(endpoint: str, directory: Path, number: int) -> tuple[Facts, Meter]:
    """Fill the server; returns `where` and `section` of the member, and what keeps the metrics going."""
    nobody = Account(session("none", "none"), endpoint, number)
    credentials, config = write_profile(directory, endpoint, *identity.enrol(nobody))
    # The keys are made: from here on, moto's ids repeat with the seed.
    mock_random.seed(number)
    account = Account(boto3.Session(profile_name=PROFILE), endpoint, number, nobody.now)
    section, meter = _fill(account)
    patterns.install()
    complete_failovers(rds_backends[ACCOUNT][REGION])
    where = {
        "endpoint": endpoint,
        "region": REGION,
        "account": ACCOUNT,
        "credentials": str(credentials),
        "config": str(config),
    }
    return {"where": where, "section": section | {"endpoint_url": endpoint}}, meter


def _fill(account: Account) -> tuple[dict[str, Any], Meter]:
    """Everything but the operator; returns the keys of the console's section and the meter."""
    identity.seed(account)
    ground = network.seed(account)
    interfaces = compute.seed(account, ground)
    database.seed(account, ground)
    cache.seed(account, ground)
    front = balancer.seed(account, ground)
    storage.seed(account)
    logs.seed(account, front, interfaces)
    meter = Meter(account, front)
    meter.seed()
    metrics.alarm(account, front)
    distribution = balancer.distribute(account, storage.PAGES)
    return {
        "profile": PROFILE,
        "region": REGION,
        "account_id": ACCOUNT,
        "rds_cluster": database.CLUSTER,
        "rds_instance": database.INSTANCE,
        "cache_cluster": cache.CACHE,
        "load_balancer": balancer.BALANCER,
        "app_security_group": ground.groups["app"],
        "db_security_group": ground.groups["db"],
        "access_log_group": logs.ACCESS_GROUP,
        "trail_log_group": logs.TRAIL_GROUP,
        "flow_log_group": logs.FLOW_GROUP,
        "distribution": distribution,
        "bucket": storage.PAGES,
        "lock_table": storage.LOCKS,
        "state_bucket": storage.STATE,
    }, meter
