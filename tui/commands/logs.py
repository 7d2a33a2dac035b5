"""`fusion-console logs`: the log engine without the screen."""

from __future__ import annotations

from contextlib import aclosing
from datetime import UTC, datetime

import click

from providers.core.errors import UsageError
from providers.core.site import Site
from providers.core.text import clean
from providers.kube.logstream import LogTarget
from providers.logs.line import Line
from providers.logs.screening import Screening
from tui.commands import output
from tui.commands.exits import Exit
from tui.commands.invocation import Invocation
from tui.commands.target import parse_target
from tui.commands.truth import Truth
from tui.compose import kube_of

_SPANS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_SHOWN = 16_384
"""Characters printed of one line for people; --json and --raw give it whole."""


@click.command("logs")
@click.argument("target", required=False, default="", metavar="[KIND/NAME]")
@click.option("-f", "--follow", is_flag=True, help="Go on until interrupted.")
@click.option("-l", "--selector", default="", help="Label selector instead of a target.")
@click.option("-c", "--container", default="", help="One container; without it, all.")
@click.option("-p", "--previous", is_flag=True, help="The container before its last restart.")
@click.option("--since", default="", metavar="5m", help="How far back: 30s, 5m, 2h.")
@click.option("--since-time", default="", metavar="TIME", help="From when on, as 2026-01-31T09:30:00Z.")
@click.option("--tail", default=None, type=click.IntRange(0), help="Lines of each container to begin with (500).")
@click.option("-g", "--grep", multiple=True, metavar="RE", help="Only lines that match; again: all must.")
@click.option("-x", "--exclude", multiple=True, metavar="RE", help="No lines that match.")
@click.option("--filter", "saved", multiple=True, metavar="NAME", help="A saved filter of the service.")
@click.option("--max-lines", default=0, metavar="N", type=click.IntRange(0), help="End after so many lines.")
@click.option("--json", "as_json", is_flag=True, help="One JSON line a log line.")
@click.option("--raw", is_flag=True, help="Only the lines themselves, byte for byte: not for a terminal.")
@click.pass_obj
def logs(
    invocation: Invocation, target: str, follow: bool, selector: str, container: str, previous: bool, since: str,
    since_time: str, tail: int | None, grep: tuple[str, ...], exclude: tuple[str, ...], saved: tuple[str, ...],
    max_lines: int, as_json: bool, raw: bool,
) -> None:  # fmt: skip
    """Read or follow logs of pod/NAME, deployment/NAME or -l SELECTOR, all containers merged by time.

    Expressions are RE2. A slow reader slows the reading down: nothing is dropped. What cannot be read, and where lines
    may be missing, is said on stderr; exit code 3 when nothing could be read, 1 when there are gaps.
    """
    if raw and as_json:
        raise click.UsageError("--raw and --json exclude each other")

    async def work(site: Site) -> int:
        from providers.kube.logs import LogSource

        kube = kube_of(site)
        pod, chosen = await _choose(site, target, selector)
        moment, span = _time(since_time), _seconds(since)
        begin = tail if tail is not None else None if (span or moment) else 500
        wanted = LogTarget(kube.client.namespace, pod, chosen, container, previous, begin, span, moment, follow)
        screening = Screening.parse([*grep, *_saved(site, saved, chosen, pod)], exclude)
        truth, left = Truth(), max_lines or None
        async with aclosing(LogSource(kube.client, kube.pods, wanted, screening, lossless=True).batches()) as batches:
            async for batch in batches:
                for line in batch.lines[:left]:
                    _print(line, as_json, raw)
                truth.tell(batch.state)
                left = None if left is None else left - len(batch.lines)
                if left is not None and left <= 0:
                    return Exit.OK
        return truth.exit()

    invocation.run(work)


def _print(line: Line, as_json: bool, raw: bool) -> None:
    if raw:
        output.raw(line.text)
    elif as_json:
        text = line.text.decode("utf-8", "replace")
        output.record({"pod": line.origin.name, "container": line.origin.part, "at": line.stamp.decode(), "text": text})
    else:
        output.data(f"{line.stamp[11:23].decode()} {line.origin.label} {clean(line.text, _SHOWN)}")


async def _choose(site: Site, target: str, selector: str) -> tuple[str, str]:
    """(pod name, selector): one of them is "". Raises UsageError, NotFound."""
    if selector:
        return "", selector
    if not target:
        raise UsageError("logs of what?", fix="give pod/NAME, deployment/NAME or -l SELECTOR")
    kind, name = parse_target(target)
    if kind == "pod":
        return name, ""
    if kind != "deployment":
        raise UsageError(f"a {kind} has no logs", fix="give pod/NAME or deployment/NAME")
    from providers.kube.rollouts import deployment_path

    client = kube_of(site).client
    found = await client.object(deployment_path(client.namespace, name))
    labels = (found["spec"].get("selector") or {}).get("matchLabels") or {}
    return "", ",".join(f"{key}={value}" for key, value in labels.items())


def _saved(site: Site, names: tuple[str, ...], selector: str, pod: str) -> list[str]:
    """The expressions of the service's saved filters. Raises UsageError naming those there are."""
    services = site.config.services_of(site.environment)
    mine = [s for s in services if s.selector == selector or pod.startswith(s.deployment)] or services
    known = {name: text for service in mine for name, text in service.filters.items()}
    for name in names:
        if name not in known:
            raise UsageError(
                f"--filter: no saved filter {name}", fix=f"there are: {', '.join(sorted(known)) or 'none'}"
            )
    return [known[name] for name in names]


def _time(text: str) -> datetime | None:
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--since-time: not a time: {text!r}", fix="write 2026-01-31T09:30:00Z") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _seconds(text: str) -> int | None:
    if not text:
        return None
    if text[-1:] not in _SPANS or not text[:-1].isdecimal() or not int(text[:-1]):
        raise UsageError(f"--since: not a time span: {text!r}", fix="write 30s, 5m or 2h")
    return int(text[:-1]) * _SPANS[text[-1]]
