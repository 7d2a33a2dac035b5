"""The whole seed, in the order its parts need each other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
from moto.moto_api._internal import mock_random
from moto.rds.models import rds_backends

from sandbox.aws import balancer, cache, compute, database, identity, logs, metrics, network, past, patterns, storage
from sandbox.aws.account import ACCOUNT, PROFILE, Account, session, write_profile
from sandbox.aws.failover import complete_failovers
from sandbox.aws.logs import Logs
from sandbox.aws.metrics import Meter
from sandbox.aws.recent import keep_to_the_time
from sandbox.aws.trouble import Trouble
from sandbox.aws.unsupported import refuse_the_unknown
from sandbox.cluster.nodes.estate.machines import REGION

Facts = dict[str, dict[str, Any]]
Beats = tuple[Callable[[], None], ...]
Seeded = tuple[Facts, Beats, Trouble]


def seed(endpoint: str, directory: Path, number: int) -> Seeded:
    """Fill the server; returns `where` and `section` of the member, what keeps metrics and logs going, and trouble."""
    nobody = Account(session("none", "none"), endpoint, number)
    credentials, config = write_profile(directory, endpoint, *identity.enrol(nobody))
    # The keys are made: from here on, moto's ids repeat with the seed.
    mock_random.seed(number)
    account = Account(boto3.Session(profile_name=PROFILE), endpoint, number, nobody.now)
    section, journal, meter = _fill(account)
    past.grow_old(account.now)
    _put_right()
    where = {
        "endpoint": endpoint,
        "region": REGION,
        "account": ACCOUNT,
        "credentials": str(credentials),
        "config": str(config),
    }
    facts = {"where": where, "section": section | {"endpoint_url": endpoint}}
    return facts, (journal.beat, meter.beat), Trouble(directory, meter)


def _put_right() -> None:
    """What moto alone would mislead with."""
    patterns.install()
    refuse_the_unknown()
    complete_failovers(rds_backends[ACCOUNT][REGION])
    keep_to_the_time(rds_backends[ACCOUNT][REGION])


def _fill(account: Account) -> tuple[dict[str, Any], Logs, Meter]:
    """Everything but the operator; returns the keys of the console's section and what goes on."""
    identity.seed(account)
    ground = network.seed(account)
    interfaces = compute.seed(account, ground)
    database.seed(account, ground)
    cache.seed(account, ground)
    front = balancer.seed(account, ground)
    storage.seed(account)
    journal, meter = Logs(account, front, interfaces), Meter(account, front)
    journal.seed()
    meter.seed()
    metrics.alarm(account, front)
    distribution = balancer.distribute(account, storage.PAGES)
    return (
        {
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
        },
        journal,
        meter,
    )
