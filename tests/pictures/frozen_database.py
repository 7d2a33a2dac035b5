"""A database with a lock tree, a cache near its limit and a failed-over cluster, at the moment of `frozen`."""

from __future__ import annotations

from datetime import datetime

from providers.aws.values import Databases, DbCluster, DbInstance, Member
from providers.core.provider import Light
from providers.postgres.values import Backend, Locked, LockNode, Overview, Since, Statement, Statements, Transaction
from providers.redis import values as cache
from providers.redis.traffic import BigKey, BigKeys, ClientGroup, Clients, Latency, LatencyEvent, SlowEntry, SlowLog
from tests.pictures.frozen import MI, NOW, ago

POSTGRES_LIGHT = Light("oncall", "db.example:5432", "PostgreSQL 16.4 primary", 0.004)
REDIS_LIGHT = Light("oncall", "rediss://cache.example:6379/0", "valkey 8.1", 0.001)
AWS_LIGHT = Light("arn:aws:iam::444455556666:user/oncall", "444455556666 · eu-west-1", "", 0.081)

OVERVIEW = Overview(
    version="16.4", database="fusion", role="oncall", clock=NOW.timestamp(), started=ago(days=12), replica=False,
    max_connections=200, superuser_reserved=3, reserved=0, used=163, active=11, idle=148, idle_in_transaction=4,
    hidden=0, waiting_for_locks=3, oldest_transaction=412.0, oldest_xmin_age=91_204,
    slowest="UPDATE liquidity_pools SET reserved_sat = reserved_sat + $1 WHERE name = 'btc-hot'", slowest_pid=4102,
    slowest_age=371.0, commits=91_822_110, rollbacks=4_120, hits=9_912_004, reads=88_120, deadlocks=2, temp_bytes=0,
    stats_reset=ago(days=40), wraparound_database="fusion", wraparound_age=91_000_000, multixact_age=1200,
    freeze_max_age=200_000_000, lag_bytes=None, lag_seconds=None, replicas=(), size=48 * 1024**3,
    commits_per_second=212.4, rollbacks_per_second=0.2, hit_ratio_now=0.987,
)  # fmt: skip


def backend(pid: int, app: str, query: str, age: float, *, wait: str = "", state: str = "active") -> Backend:
    kind, _, event = wait.partition(": ")
    began = datetime.fromtimestamp(NOW.timestamp() - age, NOW.tzinfo)
    return Backend(
        pid=pid, backend_start=ago(hours=3), xact_start=began, query_start=began, state_change=began, state=state,
        wait_event_type=kind, wait_event=event, user="fusion_app", app=app, client="10.20.12.42", database="fusion",
        query=query, query_id=77, leader_pid=None, backend_type="client backend", hidden=False, backend_age=10_800.0,
        transaction_age=age, query_age=age, state_age=age,
    )  # fmt: skip


_POOL = "UPDATE liquidity_pools SET reserved_sat = reserved_sat + $1 WHERE name = 'btc-hot'"
ROOT = backend(4101, "fusion-bitcoin-relayer", _POOL, 412.0, wait="Client: ClientRead", state="idle in transaction")
SECOND = backend(4102, "fusion-bitcoin-resolver", _POOL, 371.0, wait="Lock: transactionid")
THIRD = backend(4107, "fusion-bitcoin-frontend", "UPDATE swaps SET settled_at = now() WHERE id = $1", 66.0,
                wait="Lock: transactionid")  # fmt: skip
QUICK = backend(4110, "fusion-bitcoin-relayer", "SELECT value, at FROM prices WHERE pair = $1", 0.02)
ACTIVITY = (ROOT, SECOND, THIRD, QUICK)
_LOCK = (Locked("liquidity_pools", "ShareLock", "transactionid"),)
BLOCKING = (
    LockNode(4101, 0, 2, 1, (), False, (Locked("liquidity_pools", "RowExclusiveLock", "relation"),), None, ROOT),
    LockNode(4102, 1, 1, 1, (4101,), False, _LOCK, 371.0, SECOND),
    LockNode(4107, 2, 0, 0, (4102,), False, _LOCK, 66.0, THIRD),
)
LONG = (Transaction(SECOND, "long statement", 300.0, 1),)


def statement(number: int, query: str, calls: int, mean: float, share: float, lately: Since | None = None) -> Statement:
    return Statement(
        query_id=number, user_id=16_390, database_id=16_385, user="fusion_app", database="fusion", query=query,
        hidden=False, toplevel=True, calls=calls, rows=calls * 2, total=calls * mean, mean=mean, max=mean * 9,
        stddev=mean / 2, share=share, hits=calls * 8, reads=calls // 50, temp_written=0, since_open=lately,
    )  # fmt: skip


_JOIN = "SELECT * FROM swaps JOIN htlcs ON swap_id = swaps.id WHERE swaps.id = $1"
STATEMENTS = Statements(
    (
        statement(11, _JOIN, 912_004, 38.2, 0.71, Since(412, 70_600.0)),
        statement(12, "UPDATE confirmations SET depth = $1 WHERE txid = $2", 120_331, 4.1, 0.2, Since(61, 250.0)),
        statement(13, "SELECT value, at FROM prices WHERE pair = $1 ORDER BY at DESC LIMIT $2", 2_004_120, 0.04, 0.09),
    ),
    known=208, hidden=0, since=ago(days=3), evicted=0, opened=ago(minutes=4),
)  # fmt: skip

VITALS = cache.Vitals(
    cache.Server("valkey", "8.1", "standalone", "f00d", 950_000.0),
    cache.Memory(int(61 * MI), int(63 * MI), int(80 * MI), int(64 * MI), int(8 * 1024 * MI), 1.31, "allkeys-lru"),
    cache.Replication("master", 9120, (cache.Replica("10.20.12.77:6379", "online", 0, 0.0),)),
    cache.Connections(41, 0, 200, 0),
    cache.Totals(912_001, 301_220, 5_120, 8_800, 1_980_000, 0, 3),
    cache.Persistence(False, True, ago(minutes=3), 12, False, True),
    (cache.Database(0, 120_400, 119_900, 3600.0),),
    1820.0,
)
CACHE = cache.Overview(
    "cache.example:6379", 0, VITALS, cache.Rates(2.0, 912.0, 0.74, 1820.0, 41.0, 3.5, 0.0, 0.0),
    tuple(cache.Sample(int((50 + n) * MI), 0.9 - n / 70, 900.0 + 80 * n, 4.0 * n) for n in range(12)),
)  # fmt: skip
CLIENTS = Clients(
    (),
    (
        ClientGroup("fusion-bitcoin-resolver", "10.20.12.43", 24, 3, 0, int(1.2 * MI)),
        ClientGroup("fusion-bitcoin-relayer", "10.20.12.42", 16, 1, 0, int(0.9 * MI)),
        ClientGroup("fusion-console", "10.20.0.7", 1, 0, 0, 18_432),
    ),
    41,
)
SLOWLOG = SlowLog(
    (SlowEntry(9, ago(seconds=40), 0.131, "KEYS swap:*", "10.20.12.42:41022", "fusion-bitcoin-relayer"),), 0.01
)
LATENCY = Latency((LatencyEvent("command", ago(seconds=40), 0.131, 0.4),), 0.1)
BIG_KEYS = BigKeys(
    (
        BigKey("orderbook:BTC-ETH", "zset", int(12 * MI), None, 160_000),
        BigKey("swap:archive", "hash", 900_000, None, 5000),
    ),
    0, 120_400, 120_400, 1.0, 1, 0.0004,
)  # fmt: skip


def _instance(name: str, *, writer: bool, status: str = "available", lag: float | None = None) -> DbInstance:
    return DbInstance(
        name=name, arn=f"arn:{name}", resource_id=name, status=status, engine="aurora-postgresql", version="16.4",
        cluster="fusion-bitcoin", instance_class="db.r6g.large", zone="eu-west-1a", writer=writer, lag=lag, storage=48,
    )  # fmt: skip


DATABASES = Databases(
    clusters=(
        DbCluster(
            name="fusion-bitcoin", arn="arn:fusion-bitcoin", resource_id="cluster-1", status="available",
            engine="aurora-postgresql", version="16.4", latest_restorable=ago(minutes=2),
            members=(Member("fusion-bitcoin-1", False, 1), Member("fusion-bitcoin-2", True, 0)),
        ),
    ),
    instances=(
        _instance("fusion-bitcoin-1", writer=False, lag=41.0), _instance("fusion-bitcoin-2", writer=True),
    ),
)  # fmt: skip
