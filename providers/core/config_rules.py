"""What must hold between the keys of a configuration. Mistakes stop the start; warnings are shown and go on."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Final

from providers.core.config import Config, Environment, NotifyTarget, Postgres, home_path
from providers.core.config_problem import Mark, Problem
from providers.core.config_systems import VERIFIED, Chain, Endpoint

_SSLMODE: Final = re.compile(r"sslmode\s*=\s*'?([a-z-]+)")


def mistakes(config: Config, marks: Mapping[str, Mark]) -> list[Problem]:
    """Every rule that is broken, at the place of the key or of the nearest one that was written."""
    found = list(_of_config(config))
    for environment in config.environments.values():
        path = f"environments.{environment.name}"
        found += [(f"{path}.{key}", message) for key, message in _of_environment(config, environment)]
    return [Problem(message, key, _nearest(marks, key)) for key, message in found]


def warnings(config: Config, environ: Mapping[str, str]) -> list[str]:
    """What is allowed and probably not meant."""
    return [*_missing_kubeconfigs(config, environ), *_same_cluster(config), *_clear_redis(config)]


def _of_config(config: Config) -> Iterator[tuple[str, str]]:
    if not config.environments:
        yield "environments", "expected at least one environment"
    elif config.default not in config.environments:
        yield "default", f"expected the name of an environment: {', '.join(config.environments)}"
    for name, target in config.notify.items():
        yield from ((f"notify.{name}", message) for message in _of_notify(target))


def _of_notify(target: NotifyTarget) -> Iterator[str]:
    if target.kind == "pagerduty" and target.key is None:
        yield "the key key is missing (PagerDuty's routing key)"
    if target.kind != "pagerduty" and target.url is None:
        yield "the key url is missing"


def _of_environment(config: Config, environment: Environment) -> Iterator[tuple[str, str]]:
    kubernetes, aws = environment.kubernetes, environment.aws
    if kubernetes and kubernetes.as_groups and not kubernetes.as_user:
        yield "kubernetes.as_groups", "expected as_user beside it"
    if aws and aws.account_id and aws.assume_role and f":{aws.account_id}:" not in aws.assume_role:
        yield "aws.assume_role", f"the role is in another account than account_id ({aws.account_id})"
    if environment.postgres:
        yield from _of_postgres(environment.postgres, production=environment.production)
    for name, endpoint in (("prometheus", environment.prometheus), ("alertmanager", environment.alertmanager)):
        if endpoint:
            yield from ((name, message) for message in _of_endpoint(endpoint))
    if environment.chain:
        yield from _of_chain(environment.chain, {service.name for service in config.services_of(environment)})


def _of_postgres(postgres: Postgres, *, production: bool) -> Iterator[tuple[str, str]]:
    apart = [key for key in ("service", "host", "user", "database") if getattr(postgres, key)]
    if postgres.dsn and apart:
        yield "postgres.dsn", f"expected either dsn or {', '.join(apart)}"
    if postgres.iam_auth and postgres.password:
        yield "postgres.iam_auth", "expected either iam_auth or password"
    written = _SSLMODE.search(postgres.dsn or "")
    mode = written[1] if written else postgres.sslmode
    if production and mode != VERIFIED:
        key = "postgres.dsn" if written else "postgres.sslmode"
        yield key, f"expected {VERIFIED} in production: anything less can be answered by another server"


def _of_endpoint(endpoint: Endpoint) -> Iterator[str]:
    if endpoint.token and endpoint.password:
        yield "expected either token or password"
    if endpoint.password and not endpoint.username:
        yield "expected username beside password"


def _of_chain(chain: Chain, services: set[str]) -> Iterator[tuple[str, str]]:
    for key, names in (
        ("nodes", [node.name for node in chain.nodes]),
        ("fees", [source.name for source in chain.fees]),
        ("prices", [source.name for source in chain.prices]),
    ):
        for name in _doubles(names):
            yield f"chain.{key}", f"the name {name} stands twice"
    for number, node in enumerate(chain.nodes):
        if node.via_service and node.via_service not in services:
            yield f"chain.nodes.{number}.via_service", f"expected the name of a service: {', '.join(sorted(services))}"


def _doubles(names: Sequence[str]) -> list[str]:
    return [name for name, times in Counter(names).items() if times > 1]


def _missing_kubeconfigs(config: Config, environ: Mapping[str, str]) -> Iterator[str]:
    for environment in config.environments.values():
        paths = environment.kubernetes.kubeconfig if environment.kubernetes else None
        files = [home_path(path, environ) for path in (paths or "").split(":") if path]
        if files and not any(file.exists() for file in files):
            yield f"environments.{environment.name}.kubernetes.kubeconfig: no such file: {paths}"


def _same_cluster(config: Config) -> Iterator[str]:
    for one, other in combinations(config.environments.values(), 2):
        if one.production == other.production or one.kubernetes is None or other.kubernetes is None:
            continue
        keys = ("kubeconfig", "context", "namespace")
        if all(getattr(one.kubernetes, key) == getattr(other.kubernetes, key) for key in keys):
            yield f"environments {one.name} and {other.name} are the same cluster and namespace; one is production"


def _clear_redis(config: Config) -> Iterator[str]:
    for environment in config.environments.values():
        if environment.production and environment.redis and not environment.redis.secure:
            yield f"environments.{environment.name}.redis: neither rediss:// nor tls in production; all can be read"


def _nearest(marks: Mapping[str, Mark], key: str) -> Mark | None:
    while key and key not in marks:
        key = key.rpartition(".")[0]
    return marks.get(key)
