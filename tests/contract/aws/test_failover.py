"""Failover end to end: the gate, one request, what a lost answer means, and when it is refused."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest

from providers.aws import following
from providers.aws.databases import one_cluster
from providers.aws.failover import FailOver, Failover
from providers.aws.provider import Aws
from providers.core.action import Progress, Stage, Target, Verdict
from providers.core.errors import Conflict, NotFound, Unreachable, UsageError
from sandbox.aws import Aws as Member
from tests.contract.aws import recorded
from tests.contract.aws.acting import recorded_kinds, run
from tests.contract.aws.conftest import Connect
from tests.contract.aws.servers import Server, refusal, serving

CLUSTER = "fusion-bitcoin-sandbox"
TARGET = Target("db-cluster", CLUSTER)
SENT = "FailoverDBCluster"


@pytest.fixture
async def proxy(member: Member) -> AsyncIterator[Server]:
    """Counts what goes to the account."""
    async with serving(
        {"DescribePendingMaintenanceActions": recorded.MAINTENANCE}, upstream=member.where["aws_endpoint"]
    ) as server:
        yield server


@pytest.fixture(autouse=True)
def quick_following(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following.watched, "__defaults__", (0.01,))


@pytest.fixture(autouse=True)
async def writer_put_back(account: Connect) -> AsyncIterator[None]:
    """The lag of only one of the two is measured."""
    yield
    aws, first = account(), f"{CLUSTER}-1"
    if await writer_of(aws) != first:
        await aws.client.write("rds", SENT, {"DBClusterIdentifier": CLUSTER, "TargetDBInstanceIdentifier": first})


async def writer_of(aws: Aws) -> str:
    return (await one_cluster(aws.client, CLUSTER)).writer


async def test_the_reader_becomes_the_writer_by_one_request(account: Connect, proxy: Server, tmp_path: Path) -> None:
    aws = account(endpoint_url=proxy.url)
    before = await writer_of(aws)
    (other,) = {f"{CLUSTER}-1", f"{CLUSTER}-2"} - {before}
    plan = await FailOver(aws).plan(TARGET, {})
    assert plan.blockers == () and plan.dry_run.state == "not offered"
    assert plan.target.identity.startswith("arn:aws:rds:eu-west-1:444455556666:cluster:")
    assert plan.title == f"Fail over {CLUSTER}: {before} → {other}"
    assert plan.equivalent.startswith(
        f"aws rds failover-db-cluster --db-cluster-identifier {CLUSTER} --region eu-west-1"
    )
    assert f"--target-db-instance-identifier {before}" in plan.inverse
    said = "\n".join(plan.interrupts)
    for words in ("every connection", f"{other} is", "only reader", "maintenance of", "not looked at"):
        assert words in said
    outcome = await run(tmp_path, plan)
    assert outcome.verdict is Verdict.DONE, outcome.message
    assert outcome.progress and outcome.progress.stage is Stage.DONE
    assert await writer_of(aws) == other and proxy.asked[SENT] == 1
    assert {finding.check for finding in outcome.findings} == {"D01", "E08"}
    kinds = recorded_kinds(tmp_path)
    assert kinds.index("intent") < kinds.index("sent") < kinds.index("outcome") < kinds.index("verified")


async def test_a_lost_answer_is_read_back_and_never_sent_again(account: Connect, proxy: Server, tmp_path: Path) -> None:
    aws = account(endpoint_url=proxy.url)
    before = await writer_of(aws)
    plan = await FailOver(aws).plan(TARGET, {})
    proxy.lose = SENT
    outcome = await run(tmp_path, plan)
    assert outcome.verdict is Verdict.DONE and "read back: it is there" in outcome.message
    assert proxy.asked[SENT] == 1 and await writer_of(aws) != before


async def test_a_writer_that_changed_in_between_stops_it(account: Connect, proxy: Server, tmp_path: Path) -> None:
    aws = account(endpoint_url=proxy.url)
    plan = await FailOver(aws).plan(TARGET, {})
    await aws.client.write("rds", SENT, {"DBClusterIdentifier": CLUSTER})
    outcome = await run(tmp_path, plan)
    assert outcome.verdict is Verdict.FAILED
    assert "the writer is now" in outcome.message and "nothing was changed" in outcome.message
    assert proxy.asked[SENT] == 1


async def test_who_may_not_is_refused_before_anything_is_sent(account: Connect, member: Member, tmp_path: Path) -> None:
    answers = {"SimulatePrincipalPolicy": recorded.simulation(SENT, "implicitDeny")}
    async with serving(answers, upstream=member.where["aws_endpoint"]) as server:
        plan = await FailOver(account(endpoint_url=server.url)).plan(TARGET, {})
        assert plan.blockers == ("not allowed: rds:FailoverDBCluster is missing (implicitDeny)",)
        assert (await run(tmp_path, plan)).verdict is Verdict.REFUSED
        assert server.asked[SENT] == 0


async def test_a_right_that_was_taken_away_meanwhile_stops_it(account: Connect, member: Member, tmp_path: Path) -> None:
    decisions = iter(["allowed", "explicitDeny"])

    def simulate(_: object) -> tuple[int, str]:
        return recorded.simulation(SENT, next(decisions))

    async with serving({"SimulatePrincipalPolicy": simulate}, upstream=member.where["aws_endpoint"]) as server:
        plan = await FailOver(account(endpoint_url=server.url)).plan(TARGET, {})
        assert plan.blockers == () and plan.dry_run.message == "rds has no dry run"
        outcome = await run(tmp_path, plan)
        assert outcome.verdict is Verdict.REFUSED and f"rds:{SENT} is missing" in outcome.message
        assert server.asked[SENT] == 0


async def test_what_aws_itself_refuses_changed_nothing(account: Connect, member: Member, tmp_path: Path) -> None:
    refused = refusal("AccessDenied", f"User: x is not authorized to perform: rds:{SENT} on resource: y", 403)
    async with serving({SENT: refused}, upstream=member.where["aws_endpoint"]) as server:
        plan = await FailOver(account(endpoint_url=server.url)).plan(TARGET, {})
        assert "AWS decides" in plan.dry_run.message
        outcome = await run(tmp_path, plan)
        assert outcome.verdict is Verdict.FAILED and f"ask for the right to rds:{SENT}" in outcome.message
        assert server.asked[SENT] == 1


async def test_another_account_blocks_it(account: Connect, proxy: Server, tmp_path: Path) -> None:
    plan = await FailOver(account(endpoint_url=proxy.url, account_id="111122223333")).plan(TARGET, {})
    assert "this is account 444455556666" in plan.blockers[0]
    assert (await run(tmp_path, plan)).verdict is Verdict.REFUSED
    assert proxy.asked[SENT] == 0


async def test_targets_that_make_no_sense_are_named(account: Connect) -> None:
    aws = account()
    with pytest.raises(UsageError) as caught:
        await FailOver(aws).plan(TARGET, {"target_instance": f"{CLUSTER}-db"})
    assert f"its readers: {CLUSTER}-" in caught.value.fix
    with pytest.raises(NotFound):
        await FailOver(aws).plan(Target("db-cluster", "nowhere"), {})
    with pytest.raises(Conflict, match="made anew"):
        await FailOver(aws).plan(Target("db-cluster", CLUSTER, identity="arn:x cluster-OTHER"), {})


async def test_long_transactions_are_told_by_whoever_knows(account: Connect) -> None:
    async def transactions() -> tuple[str, ...]:
        return ("pid 4711 of fusion_app, open for 12 min",)

    aws = account()
    aws.transactions = transactions
    plan = await FailOver(aws).plan(TARGET, {})
    assert "rolled back: pid 4711 of fusion_app, open for 12 min" in plan.interrupts

    async def ill() -> tuple[str, ...]:
        raise Unreachable("the database does not answer")

    aws.transactions = ill
    plan = await FailOver(aws).plan(TARGET, {})
    assert any("were not looked at" in line for line in plan.interrupts)


async def test_following_sees_every_state_of_a_real_failover(account: Connect, member: Member) -> None:
    plan = await FailOver(account()).plan(TARGET, {})
    before = plan.diff[0].before or ""
    (after,) = {f"{CLUSTER}-1", f"{CLUSTER}-2"} - {before}
    states = iter(
        [("available", before), ("failing-over", before), None, ("failing-over", after), *2 * [("available", after)]]
    )

    def answer(_: object) -> tuple[int, str]:
        state = next(states)
        return recorded.clusters(CLUSTER, *state) if state else refusal("AccessDenied", "not just now", 403)

    async with serving({"DescribeDBClusters": answer}, upstream=member.where["aws_endpoint"]) as server:
        aws = account(endpoint_url=server.url)
        leads = iter(["10.20.21.1", "10.20.21.2"])

        def resolve(host: str) -> frozenset[str]:
            return frozenset({next(leads) if host.startswith(f"{CLUSTER}.cluster-") else "10.20.21.2"})

        course = Failover(aws.client, await one_cluster(aws.client, CLUSTER), after, aws.thresholds, resolve)
        said: list[Progress] = []
        async with aclosing(course.follow()) as steps:
            async for progress in steps:
                said.append(progress)
    assert [(each.stage, each.message.partition("; ")[0]) for each in said] == [
        (Stage.RUNNING, "failing-over"),
        (Stage.RUNNING, "cannot see it just now: not just now"),
        (Stage.RUNNING, f"the writer is now {after}"),
        (Stage.RUNNING, f"the writer is now {after}"),
        (Stage.DONE, f"the writer is now {after}"),
    ]
    assert said[-2].message.endswith("still leads elsewhere") and said[-1].message.endswith("leads to it")
