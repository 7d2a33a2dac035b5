"""A bridge at one moment: every name, age and number written down, so that a picture of it never changes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from providers.core.action import Call, Change, DryRun, Permission, Plan, Precondition, Risk, Target
from providers.core.provider import Light
from providers.kube.errorrate import ErrorRate
from providers.kube.logs import LogBatch, LogState, StreamState
from providers.kube.values import Container, Deployment, Endpoints, Event, Pod, ReplicaSet, Rollout, Service
from providers.kube.workloads import Meter, Workload
from providers.logs.line import Line, Origin
from tests.unit.core.build import Script

NOW = datetime(2026, 5, 4, 12, 0, 7, tzinfo=UTC)
NAMESPACE = "fusion-bitcoin"
MI = 1024.0**2
REGISTRY = "registry.example/fusion-bitcoin"
LIGHT = Light("oncall", "https://cluster-7.example:6443", "v1.31.4", 0.012)


class Still:
    """A clock that stands at NOW; `behind` says how long ago, for what was known earlier."""

    def __init__(self, behind: float = 0.0) -> None:
        self.behind = behind

    def now(self) -> datetime:
        return NOW - timedelta(seconds=self.behind)

    def monotonic(self) -> float:
        return 10_000.0 - self.behind


def ago(**span: float) -> datetime:
    return NOW - timedelta(**span)


def pod(name: str, status: str = "Running", *, ready: str = "1/1", restarts: int = 0, **more: object) -> Pod:
    service = name.rsplit("-", 2)[0]
    values: dict[str, object] = {
        "uid": f"uid-{name}", "namespace": NAMESPACE, "created": ago(days=2), "healthy": status == "Running",
        "labels": {"app": service}, "node": f"ip-10-20-1{len(name) % 2 + 1}-41.eu-west-1.compute.internal",
        "ip": f"10.20.12.{40 + len(name) % 9}", "containers": (Container(name=service.rsplit("-", 1)[-1], image=""),),
    }  # fmt: skip
    return Pod(name=name, status=status, ready=ready, restarts=restarts, **(values | more))  # type: ignore[arg-type]


def workload(
    service: str, version: str, pods: Sequence[Pod], *, state: str = "complete", reason: str = "", revision: int = 3,
    ready: int | None = None, cpu: tuple[float, float, float] = (0.2, 0.5, 2.0), errors: float = 0.0,
) -> Workload:  # fmt: skip
    name = f"fusion-bitcoin-{service}"
    desired = sum(p.healthy for p in pods) or len(pods)
    d = Deployment(
        name=name, namespace=NAMESPACE, uid=f"uid-{name}", created=ago(days=21), desired=desired,
        ready=desired if ready is None else ready, updated=1, available=desired, total=len(pods), revision=revision,
        generation=7, observed_generation=7, paused=False, strategy="RollingUpdate",
        images=(f"{REGISTRY}/{service}:{version}",), selector={"app": name}, rollout=Rollout(state, reason),
    )  # fmt: skip
    last = max((p.last_restart for p in pods if p.last_restart), default=None)
    memory = Meter(230 * MI, 512 * MI, 1024 * MI)
    rate = ErrorRate(service, errors)
    return Workload(d, tuple(pods), sum(p.restarts for p in pods), last, Meter(*cpu), memory, rate)


FRONTEND = [pod("fusion-bitcoin-frontend-76d6b48f78-49sm5"), pod("fusion-bitcoin-frontend-76d6b48f78-tx8sd")]
RELAYER = [pod(f"fusion-bitcoin-relayer-6c87b86879-{part}") for part in ("ngq2c", "rdkdw", "xqckc")]
RESOLVER = [pod(f"fusion-bitcoin-resolver-6f48578cc5-{part}", ready="2/2") for part in ("fxx2j", "mvtn6")]
BROKEN = pod(
    "fusion-bitcoin-relayer-7cc9fc9db5-wgbb8", "CrashLoopBackOff", ready="0/1", restarts=7,
    last_restart=ago(seconds=48), created=ago(minutes=9),
    containers=(
        Container(name="relayer", image="", last_exit_code=1, last_reason="Error", last_finished=ago(seconds=48)),
    ),
)  # fmt: skip
PODS = (*FRONTEND, *RELAYER, *RESOLVER)
BAD_PODS = (*PODS, BROKEN)
STUCK = 'ReplicaSet "fusion-bitcoin-relayer-7cc9fc9db5" has timed out progressing.'

WORKLOADS = (
    workload("frontend", "1.2.0", FRONTEND, cpu=(0.055, 0.2, 1.0)),
    workload("relayer", "1.2.0", RELAYER, cpu=(0.43, 0.75, 3.0), errors=2),
    workload("resolver", "1.2.0", RESOLVER, cpu=(0.21, 0.8, 2.2)),
)
BAD_WORKLOADS = (
    WORKLOADS[0],
    workload("relayer", "1.3.0", [*RELAYER, BROKEN], state="stuck", reason=STUCK, revision=4, cpu=(2.9, 0.75, 3.0),
             errors=41),
    WORKLOADS[2],
)  # fmt: skip


def event(number: int, since: datetime, reason: str, subject: str, message: str, *, count: int = 1) -> Event:
    kind = "Warning" if reason in {"BackOff", "Unhealthy"} else "Normal"
    return Event(
        name=f"e{number}", uid=f"uid-e{number}", namespace=NAMESPACE, type=kind, reason=reason, message=message,
        kind="Pod", subject=subject, subject_uid=f"uid-{subject}", count=count, first=since, last=since,
    )  # fmt: skip


EVENTS = (
    event(1, ago(minutes=40), "Unhealthy", RELAYER[1].name, "Readiness probe failed: HTTP probe failed with 503"),
    event(2, ago(hours=4), "SuccessfulCreate", RELAYER[1].name, f"Created pod: {RELAYER[1].name}"),
)
BAD_EVENTS = (
    event(3, ago(seconds=12), "BackOff", BROKEN.name, "Back-off restarting failed container relayer", count=31),
    event(4, ago(seconds=48), "Started", BROKEN.name, "Started container relayer", count=8),
    event(5, ago(minutes=9), "Pulled", BROKEN.name, f'Successfully pulled image "{REGISTRY}/relayer:1.3.0" in 1.2s'),
    *EVENTS,
)


def service(name: str, ready: int, *, not_ready: int = 0) -> tuple[Service, Endpoints]:
    made = Service(
        name=name, uid=f"uid-svc-{name}", namespace=NAMESPACE, type="ClusterIP", cluster_ip="172.20.0.9",
        ports=("3000→http/TCP",), selector={"app": name},
    )  # fmt: skip
    address = [f"10.20.12.{n}" for n in range(ready + not_ready)]
    return made, Endpoints(name=name, ready=tuple(address[:ready]), not_ready=tuple(address[ready:]))


SERVICES = (
    service("fusion-bitcoin-frontend", 2), service("fusion-bitcoin-legacy", 0),
    service("fusion-bitcoin-relayer", 3, not_ready=1),
)  # fmt: skip
REPLICA_SETS = tuple(
    ReplicaSet(
        name=f"fusion-bitcoin-relayer-{number}", uid=f"uid-rs-{number}", owner="uid-fusion-bitcoin-relayer",
        revision=number, desired=0, ready=0, images=(),
    )
    for number in (1, 2, 3)
)  # fmt: skip

PLAN = Plan(
    action="rollback",
    title="Roll back deployment/fusion-bitcoin-relayer to revision 3 (release relayer 1.2.0: lower claim margin)",
    rows=("E04", "E05", "E06"),
    source="kube staging · https://cluster-7.example:6443 · oncall",
    target=Target("deployment", "fusion-bitcoin-relayer", NAMESPACE, "57124242-5051-41cc-917f-9acae01f5057"),
    risk=Risk.HIGH,
    calls=(
        Call("kube", "PATCH", f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments/fusion-bitcoin-relayer",
             '[{"op":"test","path":"/metadata/generation","value":4},{"op":"replace","path":"/spec/template"}]'),
    ),
    diff=(
        Change("relayer image", f"{REGISTRY}/relayer:1.3.0", f"{REGISTRY}/relayer:1.2.0"),
        Change("label version", "1.3.0", "1.2.0"),
    ),
    interrupts=("revision 3 is proved: 3 of its pods are ready now", "replaces 4 pods (3 ready now)"),
    preconditions=(Precondition("generation", "4"),),
    permissions=(Permission("patch", "deployments.apps", NAMESPACE),),
    dry_run=DryRun("passed", "the server accepts the change"),
    inverse=f"kubectl rollout undo deployment/fusion-bitcoin-relayer -n {NAMESPACE} --to-revision=4",
    equivalent=f"kubectl rollout undo deployment/fusion-bitcoin-relayer -n {NAMESPACE} --to-revision=3",
    steps=Script().steps(),
)  # fmt: skip

_SAID = (
    ("info", "swap state stored", ',"op":"update swaps","took_ms":4'),
    ("info", "HTLC locked", ',"swap":"sw_7a2ef337c6d8","confirmations":6'),
    ("warn", "pending transactions", ',"pending":9,"oldest_s":412'),
    ("error", "broadcast failed", ',"txid":"9f1c…","error":"nonce too low: next nonce 184467, tx nonce 184466"'),
    ("info", "fee estimate", ',"sat_vb":20,"gas_gwei":13.93'),
)


def _line(number: int) -> Line:
    level, message, more = _SAID[number % len(_SAID)]
    at = ago(seconds=60 - number * 2).strftime("%Y-%m-%dT%H:%M:%S.250Z")
    text = f'{{"ts":"{at}","level":"{level}","msg":"{message}"{more}}}'
    return Line(Origin(RELAYER[number % 3].name, "relayer", "1"), at.encode(), text.encode())


LOG = LogBatch(
    tuple(_line(number) for number in range(30)),
    LogState(tuple(StreamState(Origin(p.name, "relayer", "1"), "live", lag=0.4) for p in RELAYER), 30, 0, 0, 0),
)
