"""The whole seed, in the order its parts need each other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import boto3
from moto.moto_api._internal import mock_random
from moto.rds import rds_backends

from sandbox.aws import balancer, cache, compute, database, identity, network, storage
from sandbox.aws.account import ACCOUNT, PROFILE, Account, session, write_profile
from sandbox.aws.failover import tell_failovers
from sandbox.cluster.nodes.estate.machines import REGION

Facts = dict[str, dict[str, Any]]


def seed(endpoint: str, directory: Path, number: int) -> Facts:
    """Fill the server; returns `where` and `section` of the member."""
    nobody = Account(session("none", "none"), endpoint, number)
    credentials, config = write_profile(directory, endpoint, *identity.enrol(nobody))
    # The keys are made: from here on, moto's ids repeat with the seed.
    mock_random.seed(number)
    account = Account(boto3.Session(profile_name=PROFILE), endpoint, number, nobody.now)
    section = _fill(account)
    tell_failovers(rds_backends[ACCOUNT][REGION])
    where = {
        "endpoint": endpoint,
        "region": REGION,
        "account": ACCOUNT,
        "credentials": str(credentials),
        "config": str(config),
    }
    return {"where": where, "section": section | {"endpoint_url": endpoint}}


def _fill(account: Account) -> dict[str, Any]:
    """Everything but the operator; returns the keys of the console's section."""
    identity.seed(account)
    ground = network.seed(account)
    compute.seed(account, ground)
    database.seed(account, ground)
    cache.seed(account, ground)
    front = balancer.seed(account, ground)
    storage.seed(account)
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
        "distribution": distribution,
        "bucket": storage.PAGES,
        "lock_table": storage.LOCKS,
        "state_bucket": storage.STATE,
    }
