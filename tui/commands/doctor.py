"""`fusion-console doctor`: reach, identity and rights per system, in one table."""

from __future__ import annotations

import asyncio

import click
import msgspec

from providers.core.errors import FusionError
from providers.core.feed import Fault
from providers.core.provider import Light, Permit, Provider
from providers.core.site import Site
from tui.commands import output
from tui.commands.exits import Exit
from tui.commands.invocation import Invocation

REACH_DEADLINE = 8.0


class Examination(msgspec.Struct, frozen=True):
    """What is true of one system now."""

    system: str
    source: str
    light: Light | None
    fault: Fault | None
    permits: tuple[Permit, ...]


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@click.option("--all", "every", is_flag=True, help="Also print the rights that are there.")
@click.pass_obj
def doctor(invocation: Invocation, as_json: bool, every: bool) -> None:
    """Ask every configured system whether it is reached, as whom, and what is allowed.

    Exit 0: all reached and allowed. 1: reached, some rights missing. 3: something is not reached.
    """

    async def work(site: Site) -> int:
        found = await asyncio.gather(*(examine(provider) for provider in site.providers))
        if as_json:
            output.document({"environment": site.name, "production": site.production, "systems": found})
        else:
            _show(site, found, every)
        if not found or any(e.fault for e in found):
            return Exit.UNREACHABLE
        return Exit.FINDINGS if any(p.allowed is not True for e in found for p in e.permits) else Exit.OK

    invocation.run(work)


async def examine(provider: Provider) -> Examination:
    """Never raises for a system that fails: the fault is the answer."""
    try:
        light = await provider.light.first(REACH_DEADLINE)
        async with asyncio.timeout(REACH_DEADLINE):
            permits = tuple(await provider.permits())
    except (FusionError, TimeoutError) as error:
        return Examination(provider.name, provider.source, None, Fault.of(error), ())
    return Examination(provider.name, provider.source, light, None, permits)


def _show(site: Site, found: list[Examination], every: bool) -> None:
    word = "PRODUCTION" if site.production else "not production"
    output.narrate(f"environment {site.name} ({word})")
    output.table(("SYSTEM", "STATE", "IDENTITY", "TARGET", "RTT", "DETAIL"), [_row(e) for e in found])
    for examination in found:
        for permit in examination.permits:
            if every or permit.allowed is not True:
                mark = {True: "yes", False: "NO", None: "?"}[permit.allowed]
                output.data(f"  {examination.system}  {mark:<3}  {permit.right}  {permit.why}".rstrip())


def _row(examination: Examination) -> tuple[str, ...]:
    light, fault = examination.light, examination.fault
    if fault is not None or light is None:
        detail = fault.message if fault else "no answer"
        fix = f" (fix: {fault.fix})" if fault and fault.fix else ""
        return examination.system, (fault.kind if fault else "down"), "-", "-", "-", detail + fix
    missing = sum(permit.allowed is not True for permit in examination.permits)
    rights = f"{missing} rights missing" if missing else "all rights"
    return (
        examination.system,
        "ok",
        light.identity,
        light.target,
        f"{light.rtt * 1000:.0f} ms",
        f"{light.version}, {rights}",
    )
