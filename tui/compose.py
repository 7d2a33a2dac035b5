"""Which providers and actions there are: the one registry. A new provider is a few lines in `_build_providers`."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from providers.core.audit import Audit
from providers.core.gate import Gate
from providers.core.operator import Operator
from providers.core.site import Site

if TYPE_CHECKING:
    from collections.abc import Sequence

    from providers.core.action import Action
    from providers.core.config import Config, Environment
    from providers.core.provider import Provider
    from providers.kube.provider import Kube
    from providers.postgres.provider import Postgres
    from tui.commands.invocation import Overrides


def build_site(config: Config, name: str, overrides: Overrides) -> Site:
    """Make the site of an environment; nothing is opened or asked yet. Raises ConfigError for what cannot work."""
    environment = _overridden(config.environments[name], overrides)
    operator = Operator.current(os.environ)
    state = config.state_directory()
    audit = Audit(state / "audit")
    gate = Gate(name, environment.production, audit, operator, config.gate, state_dir=state)
    return Site(name, config, environment, _build_providers(name, config, environment), gate, audit, operator)


def kube_of(site: Site) -> Kube:
    """The site's cluster. Raises UsageError when the environment has none."""
    found = site.provider("kube")
    assert isinstance(found, _kube())
    return found


def postgres_of(site: Site) -> Postgres:
    """The site's database. Raises UsageError when the environment has none."""
    from providers.postgres.provider import Postgres

    found = site.provider("postgres")
    assert isinstance(found, Postgres)
    return found


def action_catalog() -> dict[str, type[Action]]:
    """Every action by its id, without building a provider (the command line's help needs them)."""
    from providers.aws.actions import ACTIONS as AWS
    from providers.kube.actions import ACTIONS as KUBE
    from providers.postgres.actions import ACTIONS as POSTGRES
    from providers.redis.actions import ACTIONS as REDIS

    every: tuple[type[Action], ...] = (*KUBE, *POSTGRES, *REDIS, *AWS)
    return {action.id: action for action in every}


def _kube() -> type[Kube]:
    from providers.kube.provider import Kube

    return Kube


def _build_providers(name: str, config: Config, environment: Environment) -> Sequence[Provider]:
    """Only what is configured, and only its libraries: an environment without a database loads no driver."""
    limits = config.thresholds_of(environment)
    built: list[Provider] = []
    long_ones = None
    if environment.kubernetes is not None:
        built.append(_kube()(name, environment.kubernetes, config.services_of(environment), limits))
    if environment.postgres is not None:
        from providers.postgres.activity import long_transactions
        from providers.postgres.provider import Postgres

        postgres = Postgres(name, environment.postgres, limits, aws=environment.aws)
        long_ones = partial(long_transactions, postgres)
        built.append(postgres)
    if environment.redis is not None:
        from providers.redis.provider import Redis

        built.append(Redis(name, environment.redis, limits))
    if environment.aws is not None:
        from providers.aws.provider import Aws

        built.append(Aws(name, environment.aws, limits, transactions=long_ones))
    return built


def _overridden(environment: Environment, overrides: Overrides) -> Environment:
    """Options beat the file; they only touch the Kubernetes part."""
    given = {key: value for key in ("kubeconfig", "context", "namespace") if (value := getattr(overrides, key))}
    if environment.kubernetes is None or not given:
        return environment
    return msgspec.structs.replace(environment, kubernetes=msgspec.structs.replace(environment.kubernetes, **given))
