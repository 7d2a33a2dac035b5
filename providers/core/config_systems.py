"""The systems of one environment as the configuration describes them. A section that is absent is not configured."""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from providers.core.secret_source import SecretSource

Seconds = Annotated[float, Meta(gt=0, le=86_400)]
Port = Annotated[int, Meta(ge=1, le=65_535)]
# The reader checks what these hold; `syntax` names the test.
Regex = Annotated[str, Meta(extra={"syntax": "regex"})]
Selector = Annotated[str, Meta(extra={"syntax": "selector"})]
Url = Annotated[str, Meta(extra={"syntax": "url"})]
Peer = Annotated[str, Meta(extra={"syntax": "peer"})]
RedisUrl = Annotated[str, Meta(extra={"syntax": "redis_url"})]
Dsn = Annotated[str, Meta(extra={"syntax": "dsn"})]
Name = Annotated[str, Meta(extra={"syntax": "name"})]
Arn = Annotated[str, Meta(pattern=r"^arn:[a-z-]+:[a-z0-9-]+:[^:]*:[0-9]*:.+$")]
Network = Annotated[str, Meta(extra={"syntax": "network"})]
HostRule = Annotated[str, Meta(extra={"syntax": "host_rule"})]
Pointer = Annotated[str, Meta(pattern=r"^(/.*)?$")]
SslMode = Literal["disable", "allow", "prefer", "require", "verify-ca", "verify-full"]

VERIFIED: Final = "verify-full"


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A mapping of the configuration; its fields are its keys."""


class Kubernetes(Section, frozen=True):
    """The cluster the services run in."""

    kubeconfig: str | None = None
    """Path of the kubeconfig, or several joined by ':'. Unset: KUBECONFIG, else ~/.kube/config."""
    context: str | None = None
    """Context of the kubeconfig. Unset: its current context."""
    namespace: Name = "fusion-bitcoin"
    """Namespace of the services."""
    system_namespaces: tuple[Name, ...] = ("kube-system",)
    """Namespaces whose pods keep the cluster itself running."""
    as_user: str | None = None
    """User to impersonate."""
    as_groups: tuple[str, ...] = ()
    """Groups to impersonate, with as_user."""
    request_timeout: Seconds = 10.0
    """Longest wait for one answer, in seconds; streams are not bound by it."""
    via: str | None = None
    """SSH host to reach the API server through, as in ~/.ssh/config."""


class Aws(Section, frozen=True):
    """The account around the cluster, and the names of what the console looks at in it."""

    profile: str | None = None
    """Profile of the AWS configuration files. Unset: AWS_PROFILE, else the default credentials."""
    region: str | None = None
    """Region. Unset: AWS_REGION, then AWS_DEFAULT_REGION, else that of the profile."""
    endpoint_url: Url | None = None
    """Address that stands for every AWS service. Unset: AWS_ENDPOINT_URL, else AWS itself."""
    assume_role: Arn | None = None
    """ARN of a role to assume."""
    account_id: Annotated[str, Meta(pattern=r"^[0-9]{12}$")] | None = None
    """Account that must be the one reached (12 digits, quoted); another blocks every change."""
    rds_cluster: str | None = None
    """Identifier of the Aurora cluster."""
    rds_instance: str | None = None
    """Identifier of the database instance, when there is no cluster."""
    cache_cluster: str | None = None
    """Identifier of the ElastiCache cluster."""
    load_balancer: str | None = None
    """Name of the application load balancer."""
    target_groups: tuple[str, ...] = ()
    """Names of its target groups. Empty: all of the load balancer."""
    minimum_targets: Annotated[int, Meta(ge=1)] = 1
    """Healthy targets of a group that must remain when one is taken out."""
    app_security_group: str | None = None
    """Id of the security group the pods or nodes use towards the database (sg-…)."""
    db_security_group: str | None = None
    """Id of the database's security group. Unset: the one its instance reports."""
    access_log_group: str | None = None
    """CloudWatch log group with the load balancer's access log."""
    trail_log_group: str | None = None
    """CloudWatch log group with the CloudTrail records."""
    flow_log_group: str | None = None
    """CloudWatch log group with the VPC flow log."""
    distribution: str | None = None
    """Id of the CloudFront distribution."""
    bucket: str | None = None
    """S3 bucket the CDN serves from."""
    lock_table: str | None = None
    """DynamoDB table of Terraform's locks."""
    state_bucket: str | None = None
    """S3 bucket of Terraform's state, for its lock objects (.tflock)."""
    alarm_prefix: str = "fusion-bitcoin"
    """CloudWatch alarms whose name begins so belong to this estate."""
    secret_prefix: str = "fusion-bitcoin/"  # noqa: S105 - a prefix of names
    """Secrets Manager secrets whose name begins so belong to this estate."""
    watched_ports: tuple[Port, ...] = (22, 5432, 6379)
    """Ports that no security group may open to the world."""


class PgBouncer(Section, frozen=True):
    """The admin console of a connection pooler in front of Postgres."""

    host: str = "localhost"
    """Host name."""
    port: Port = 6432
    """TCP port."""
    user: str | None = None
    """User listed in its stats_users or admin_users. Unset: that of Postgres."""
    password: SecretSource | None = None
    """Password. Unset: that of Postgres."""


class Postgres(Section, frozen=True):
    """The database: either dsn, or host and its companions."""

    dsn: Dsn | None = None
    """Address as a conninfo string or postgresql:// URL, without a password."""
    service: str | None = None
    """Entry of pg_service.conf. Unset: PGSERVICE."""
    host: str | None = None
    """Host name. Unset: PGHOST."""
    port: Port = 5432
    """TCP port. Unset: PGPORT."""
    user: str | None = None
    """User. Unset: PGUSER, else the user of this machine."""
    database: str | None = None
    """Database. Unset: PGDATABASE, else the user's name."""
    sslmode: SslMode = VERIFIED
    """How the server is verified, in libpq's words; production takes only verify-full. Unset: PGSSLMODE."""
    sslrootcert: str | None = None
    """File with the certificates to trust. Unset: those of this machine."""
    password: SecretSource | None = None
    """Password. Unset: the passfile."""
    passfile: str | None = None
    """File in .pgpass form. Unset: PGPASSFILE, else ~/.pgpass."""
    iam_auth: bool = False
    """Log in with a short-lived RDS token of the AWS identity in place of a password."""
    application_name: str = "fusion-console"
    """Name the database shows for the console's own sessions."""
    statement_timeout: Seconds = 5.0
    """Longest time one of the console's own statements may run, in seconds."""
    via: str | None = None
    """SSH host to reach it through."""
    pgbouncer: PgBouncer | None = None
    """Connection pooler in front of it."""


class Redis(Section, frozen=True):
    """The cache."""

    url: RedisUrl = "redis://localhost:6379/0"
    """Address, redis:// or rediss:// (TLS), without a password; the path is the database number."""
    username: str | None = None
    """ACL user. Unset: the default user."""
    password: SecretSource | None = None
    """Password or auth token."""
    tls: bool = False
    """Use TLS with a redis:// address."""
    ca_file: str | None = None
    """File with the certificates to trust. Unset: those of this machine."""
    via: str | None = None
    """SSH host to reach it through."""

    @property
    def secure(self) -> bool:
        return self.tls or self.url.startswith("rediss://")


class Hosts(Section, frozen=True):
    """The machines under the cluster, over SSH with host keys enforced."""

    ssh_config: str = "~/.ssh/config"
    """OpenSSH configuration file to honour (path; need not exist)."""
    known_hosts: str = "~/.ssh/known_hosts"
    """File of the host keys to trust (path); others are refused."""
    bastion: str | None = None
    """Host to go through, as in ssh_config. Unset: what ssh_config says."""
    bastion_user: str | None = None
    """User on the bastion. Unset: what ssh_config says."""
    user: str | None = None
    """User on the nodes. Unset: what ssh_config says."""
    node_host: HostRule = "{internal_ip}"
    """How a node is reached: text with {node}, {internal_ip} or {hostname} in it."""
    names: dict[str, str] = msgspec.field(default_factory=dict)
    """Hosts of the nodes that the rule does not fit: node name to host."""
    command_timeout: Seconds = 15.0
    """Longest time one command on a node may run, in seconds."""


class Node(Section, frozen=True):
    """A blockchain node the relayer needs."""

    name: str
    """What the console calls it."""
    url: Url
    """Address of its JSON-RPC."""
    kind: Literal["ethereum", "bitcoin"] = "ethereum"
    """The JSON-RPC it speaks."""
    chain: str = ""
    """Expected chain: net_version of Ethereum ("1"), chain of Bitcoin ("main"). Empty: not checked."""
    username: str | None = None
    """User of the RPC."""
    password: SecretSource | None = None
    """Password of the RPC."""
    head_age: Seconds = 60.0
    """Oldest head block that is still well, in seconds."""
    via_service: str | None = None
    """Service whose pod asks it. Unset: the console asks from here."""


class Source(Section, frozen=True):
    """A value fetched over HTTP: a price feed or a fee."""

    name: str
    """What the console calls it."""
    url: Url
    """Address that answers JSON."""
    pointer: Pointer = ""
    """JSON pointer to the value. Empty: the whole answer."""
    time_pointer: Pointer | None = None
    """JSON pointer to the value's time (seconds since 1970, or ISO 8601). Unset: the time of the answer."""
    stale_after: Seconds = 120.0
    """Age from which the value is stale, in seconds."""
    cap: float | None = None
    """Highest value the relayer accepts, in the value's own unit. Unset: none."""
    pair: str = ""
    """Values of the same pair are compared with each other ("BTC/USD")."""
    token: SecretSource | None = None
    """Bearer token."""


class Chain(Section, frozen=True):
    """What the bridge needs from the outside: nodes, fees and prices."""

    nodes: tuple[Node, ...] = ()
    """Blockchain nodes."""
    fees: tuple[Source, ...] = ()
    """Gas and fee prices, each against its cap."""
    prices: tuple[Source, ...] = ()
    """Price feeds."""


class Cdn(Section, frozen=True):
    """The static assets as users get them."""

    url: Url
    """Address of the CDN."""
    assets: tuple[str, ...] = ("/static/js/main.js",)
    """Paths that must be served, and exist in the bucket."""


class Endpoint(Section, frozen=True):
    """An HTTP service the console asks."""

    url: Url
    """Base address."""
    username: str | None = None
    """User of HTTP basic authentication, with password."""
    password: SecretSource | None = None
    """Password of HTTP basic authentication."""
    token: SecretSource | None = None
    """Bearer token."""
    ca_file: str | None = None
    """File with the certificates to trust. Unset: those of this machine."""
    via: str | None = None
    """SSH host to reach it through."""


class Terraform(Section, frozen=True):
    """Where the infrastructure is described."""

    directory: str
    """Directory of the root module."""
    binary: str = "terraform"
    """Program to run."""
    workspace: str = "default"
    """Workspace."""
    var_files: tuple[str, ...] = ()
    """Files with values for the variables (-var-file)."""
    timeout: Seconds = 1800.0
    """Longest time of one plan or apply, in seconds."""
