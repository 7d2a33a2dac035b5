"""Values of the database as tests need them: what is not named is ordinary."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from providers.postgres.values import Backend, Overview, Since, Statement, Statements

MOMENT = datetime(2026, 5, 4, 12, tzinfo=UTC)


def backend(pid: int = 7, **changes: Any) -> Backend:
    plain = Backend(
        pid, MOMENT, MOMENT, MOMENT, MOMENT, "active", "", "", "fusion_app", "relayer", "10.0.0.9", "fusion",
        "SELECT 1", 5, None, "client backend", False, 60.0, 1.0, 1.0, 1.0,
    )  # fmt: skip
    return msgspec.structs.replace(plain, **changes)


def overview(**changes: Any) -> Overview:
    plain: dict[str, Any] = dict.fromkeys(Overview.__struct_fields__, 0)
    plain |= {
        "version": "18.1", "database": "fusion", "role": "oncall", "clock": 1000.0, "started": MOMENT, "replica": False,
        "max_connections": 103, "superuser_reserved": 3, "used": 10, "slowest": "", "slowest_pid": None,
        "slowest_age": None, "stats_reset": MOMENT, "wraparound_database": "fusion", "wraparound_age": 1_000_000,
        "freeze_max_age": 200_000_000, "lag_bytes": None, "lag_seconds": None, "replicas": (),
        "commits_per_second": None, "rollbacks_per_second": None, "hit_ratio_now": None,
    }  # fmt: skip
    return Overview(**(plain | changes))


def statement(calls: int, total: float, since: Since | None, query_id: int = 1) -> Statement:
    return Statement(
        query_id, 10, 5, "fusion_app", "fusion", "SELECT $1", False, True, calls, calls, total, total / max(1, calls),
        9.0, 0.1, 0.5, 1, 1, 0, since,
    )  # fmt: skip


def statements(*found: Statement) -> Statements:
    return Statements(found, len(found), 0, MOMENT, 0, datetime.now(UTC))
