"""What the console is told about the estate. Every default is the bridge's; another team writes its own."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from providers.core.config_services import BRIDGE, Gauge, Service
from providers.core.config_systems import (
    Aws,
    Cdn,
    Chain,
    Endpoint,
    Hosts,
    Kubernetes,
    Network,
    PgBouncer,
    Postgres,
    Redis,
    Seconds,
    Section,
    Terraform,
    Url,
)
from providers.core.errors import UsageError
from providers.core.secret_source import SecretSource

__all__ = [
    "Aws",
    "Cdn",
    "Chain",
    "Config",
    "Contact",
    "Endpoint",
    "Environment",
    "GateSettings",
    "Gauge",
    "Hosts",
    "Kubernetes",
    "Loaded",
    "NotifyTarget",
    "PgBouncer",
    "Postgres",
    "Redis",
    "SecretSource",
    "Service",
    "Terraform",
    "Thresholds",
    "home_path",
    "load",
]

Ratio = Annotated[float, Meta(gt=0, le=1)]
Count = Annotated[int, Meta(ge=0)]
Rate = Annotated[float, Meta(ge=0)]
Minutes = Annotated[float, Meta(gt=0, le=1440)]


class Thresholds(Section, frozen=True):
    """From where on a number is worth a word. An environment may override single ones."""

    usage_of_limit: Ratio = 0.9
    """CPU or memory use of a container, as a part of its limit (guide: 90 %)."""
    restarts_recent: Count = 1
    """Restarts of a container within restart_minutes."""
    restart_minutes: Minutes = 60.0
    """How long a restart counts as recent, in minutes."""
    pending_minutes: Minutes = 5.0
    """How long a pod may wait to be scheduled, in minutes."""
    error_lines_per_minute: Rate = 5.0
    """Error lines a minute of one service's logs."""
    error_ratio: Ratio = 0.05
    """Failed requests, as a part of all."""
    latency_p95: Seconds = 1.0
    """95th percentile of a service's answer times, in seconds."""
    uneven_traffic: Ratio = 0.5
    """Deviation of one target's share of requests from the mean, as a part of the mean."""
    connections_of_max: Ratio = 0.8
    """Database connections or cache clients, as a part of the maximum."""
    active_query_minutes: Minutes = 5.0
    """Age of a running statement, in minutes (guide: 5)."""
    transaction_minutes: Minutes = 10.0
    """Age of an open transaction, in minutes (guide: 10)."""
    replica_lag: Seconds = 5.0
    """Replication lag, in seconds."""
    cache_hit_ratio: Ratio = 0.8
    """Least part of the cache's reads that are hits."""
    cache_memory: Ratio = 0.9
    """Memory the cache uses, as a part of its maximum."""
    disk_used: Ratio = 0.85
    """Disk or inodes used, as a part of all."""
    pending_transfers: Count = 50
    """Transactions of the bridge that wait."""
    pending_transfer_minutes: Minutes = 30.0
    """Age of the oldest waiting transaction, in minutes."""
    price_deviation: Ratio = 0.01
    """Difference between two price feeds of a pair, as a part of their median."""
    certificate_days: Annotated[int, Meta(ge=1)] = 21
    """Days a certificate must still be valid."""
    denied_per_minute: Rate = 10.0
    """Denied API calls of one principal, or rejected flows of one source, a minute."""
    clock_skew: Seconds = 60.0
    """Difference between a server's clock and this machine's, in seconds."""


class GateSettings(Section, frozen=True):
    """How freely changes may be made."""

    arm_minutes: Minutes = 10.0
    """How long an armed environment stays armed, in minutes."""
    idle_minutes: Minutes = 5.0
    """Without a key for so long it is disarmed, in minutes."""
    max_actions: Annotated[int, Meta(ge=1)] = 10
    """Changes that may be made within per_minutes."""
    per_minutes: Minutes = 10.0
    """Span of max_actions, in minutes."""
    apply_timeout: Seconds = 15.0
    """Longest wait for the answer to a change, in seconds; then its outcome is unknown."""


class Environment(Section, frozen=True):
    """One estate: staging, production. A system that is not described is not configured."""

    name: str
    """The key it stands under."""
    production: bool = False
    """Every change needs one level more of confirmation."""
    kubernetes: Kubernetes | None = None
    """The cluster."""
    aws: Aws | None = None
    """The account around it."""
    postgres: Postgres | None = None
    """The database."""
    redis: Redis | None = None
    """The cache."""
    hosts: Hosts | None = None
    """The machines under the cluster."""
    chain: Chain | None = None
    """Blockchain nodes, fees and prices."""
    cdn: Cdn | None = None
    """The static assets."""
    prometheus: Endpoint | None = None
    """The metrics store."""
    alertmanager: Endpoint | None = None
    """The alerts."""
    terraform: Terraform | None = None
    """Where the infrastructure is described."""
    known_networks: tuple[Network, ...] = ()
    """Networks whose addresses are no unknown peers (CIDR)."""
    services: tuple[Service, ...] | None = None
    """Services of this environment, merged over the common ones by name; None (`null`) inherits them."""
    thresholds: Thresholds | None = None
    """Thresholds of this environment, merged over the common ones by key; None inherits them."""


class Contact(Section, frozen=True):
    """Somebody to call. The order of the contacts is the escalation ladder."""

    name: str
    """Person or rota."""
    role: str = ""
    """What for."""
    reach: tuple[str, ...] = ()
    """Phone numbers, addresses, channels, best first."""
    after_minutes: Annotated[float, Meta(ge=0)] = 0.0
    """Minutes into an incident from which to call."""


class NotifyTarget(Section, frozen=True):
    """Where a message can be sent. Its key is its name."""

    kind: Literal["slack", "pagerduty", "webhook"]
    """The protocol."""
    url: SecretSource | None = None
    """Address to post to; a webhook's address is a secret. Unset: the service's public one (PagerDuty)."""
    key: SecretSource | None = None
    """Routing key (PagerDuty)."""


def home_path(text: str, environ: Mapping[str, str] = os.environ) -> Path:
    """The path a configured text means: `~` is the home directory of `environ`."""
    if text == "~" or text.startswith("~/"):
        return Path(environ.get("HOME") or Path.home()) / text[2:]
    return Path(text)


def _ambient() -> dict[str, Environment]:
    return {"default": Environment("default", kubernetes=Kubernetes())}


class Config(Section, frozen=True):
    """The whole configuration."""

    version: Literal[1] = 1
    """Version of this form."""
    default: str = "default"
    """Environment to open when none is asked for."""
    environments: dict[str, Environment] = msgspec.field(default_factory=_ambient)
    """The environments: name to description."""
    services: tuple[Service, ...] = BRIDGE
    """Services of every environment: name to description. Written, they stand in place of the bridge's."""
    thresholds: Thresholds = Thresholds()
    """Thresholds of every environment."""
    gate: GateSettings = GateSettings()
    """How freely changes may be made."""
    contacts: tuple[Contact, ...] = ()
    """The escalation ladder, first to call first."""
    links: dict[str, Url] = msgspec.field(default_factory=dict)
    """Dashboards, runbooks, channels: title to URL."""
    notify: dict[str, NotifyTarget] = msgspec.field(default_factory=dict)
    """Where messages can be sent: name to target."""
    runbooks: tuple[str, ...] = ()
    """Directories of the team's own runbooks, besides those that come along."""
    keys: dict[str, str] = msgspec.field(default_factory=dict)
    """Keys of your own: action id to keys, several with commas."""
    theme: str = ""
    """Colours. Unset: `fusion-dark`, or `ansi-dark` where the terminal has 16 colours or less."""
    mouse: bool = True
    """Take mouse clicks; false leaves them to the terminal."""
    log_lines: Annotated[int, Meta(ge=1_000, le=1_000_000)] = 50_000
    """Lines a log view keeps; older ones are dropped and counted."""
    state_dir: str | None = None
    """Directory of the audit trail and of what outlives a session. Unset: fusion-console in $XDG_STATE_HOME."""

    def environment(self, name: str | None = None) -> Environment:
        """The named environment, or the default one. Raises UsageError."""
        wanted = name or self.default
        if wanted not in self.environments:
            raise UsageError(f"no environment {wanted}; there is {', '.join(self.environments)}")
        return self.environments[wanted]

    def state_directory(self, environ: Mapping[str, str] = os.environ) -> Path:
        """Where the audit trail and what outlives a session are kept; not made here."""
        home = Path(environ.get("HOME") or Path.home())
        base = Path(environ.get("XDG_STATE_HOME") or home / ".local/state") / "fusion-console"
        return base if self.state_dir is None else home_path(self.state_dir, environ)

    def services_of(self, environment: Environment) -> tuple[Service, ...]:
        """Its own services, or the common ones."""
        return self.services if environment.services is None else environment.services

    def thresholds_of(self, environment: Environment) -> Thresholds:
        """Its own thresholds, or the common ones."""
        return environment.thresholds or self.thresholds


class Loaded(Section, frozen=True):
    """A configuration and where it comes from."""

    config: Config
    path: Path | None
    """The file that won; None: built-in defaults and the environment variables."""
    warnings: tuple[str, ...] = ()
    looked: tuple[Path, ...] = ()
    """Every place looked at, in order; the first that existed won."""
    sources: dict[str, str] = msgspec.field(default_factory=dict)
    """Key path to where its value comes from: "file", "from AWS_PROFILE" or "not AWS_PROFILE, which is set"."""


def load(path: Path | None = None, environ: Mapping[str, str] = os.environ) -> Loaded:
    """Find and read the configuration. Raises ConfigError naming file, line, key and what was expected, all at once."""
    # The reader is built on these types, and only it needs a YAML parser.
    from providers.core.config_file import load as load_file

    return load_file(path, environ)
