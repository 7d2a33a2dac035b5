"""`fusion-console logs`: the log engine without the screen."""

from __future__ import annotations

import re
from contextlib import aclosing

import click
import msgspec

from providers.core.errors import UsageError
from providers.core.site import Site
from providers.core.text import clean
from tui.commands import output
from tui.commands.exits import Exit
from tui.commands.invocation import Invocation
from tui.commands.target import parse_target
from tui.compose import kube_of

_SPANS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


@click.command("logs")
@click.argument("target", required=False, default="", metavar="[KIND/NAME]")
@click.option("-f", "--follow", is_flag=True, help="Go on until interrupted.")
@click.option("-l", "--selector", default="", help="Label selector instead of a target.")
@click.option("-c", "--container", default="", help="One container; without it, all.")
@click.option("-p", "--previous", is_flag=True, help="The container before its last restart.")
@click.option("--since", default="", metavar="5m", help="How far back: 30s, 5m, 2h.")
@click.option("--tail", default=500, show_default=True, help="Lines of each container to begin with.")
@click.option("--grep", default="", help="Only lines that match this regular expression.")
@click.option("--json", "as_json", is_flag=True, help="One JSON line a log line.")
@click.pass_obj
def logs(
    invocation: Invocation,
    target: str,
    follow: bool,
    selector: str,
    container: str,
    previous: bool,
    since: str,
    tail: int,
    grep: str,
    as_json: bool,
) -> None:
    """Read or follow logs of pod/NAME, deployment/NAME or -l SELECTOR, all containers merged by time."""

    async def work(site: Site) -> int:
        from providers.kube.logs import LogSource, LogTarget

        wanted = _pattern(grep)
        client = kube_of(site).client
        pod, chosen = await _choose(site, target, selector)
        kinds = LogTarget(client.namespace, pod, chosen, container, previous, tail, _seconds(since), follow)
        states: dict[str, str] = {}
        async with aclosing(LogSource(client, kinds).batches()) as batches:
            async for batch in batches:
                for line in batch.lines:
                    text = line.text.decode("utf-8", "replace")
                    if wanted is None or wanted.search(text[:4096]):
                        _print(line.pod, line.container, line.stamp.decode(), text, as_json)
                for label, state in batch.state.streams.items():
                    if states.get(label) != state and state not in {"live", "ended"}:
                        output.narrate(f"{label}: {state}")
                states = dict(batch.state.streams)
                _lost(batch.state)
        bad = [state for state in states.values() if state.startswith(("denied", "no log"))]
        return Exit.UNREACHABLE if bad and len(bad) == len(states) else Exit.OK

    invocation.run(work)


def _print(pod: str, container: str, stamp: str, text: str, as_json: bool) -> None:
    if as_json:
        output.record({"pod": pod, "container": container, "at": stamp, "text": text})
    else:
        output.data(f"{stamp[11:23]} {pod}/{container} {clean(text)}")


def _lost(state: object) -> None:
    lost = {k: v for k, v in msgspec.structs.asdict(state).items() if k in {"dropped", "skipped"} and v}  # type: ignore[arg-type]
    if lost:
        output.narrate(", ".join(f"{count} lines {what}" for what, count in lost.items()))


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


def _pattern(text: str) -> re.Pattern[str] | None:
    try:
        return re.compile(text) if text else None
    except re.error as error:
        raise UsageError(f"--grep: not a regular expression: {error}") from None


def _seconds(text: str) -> int | None:
    if not text:
        return None
    if text[-1:] not in _SPANS or not text[:-1].isdecimal():
        raise UsageError(f"--since: not a time span: {text!r}", fix="write 30s, 5m or 2h")
    return int(text[:-1]) * _SPANS[text[-1]]
