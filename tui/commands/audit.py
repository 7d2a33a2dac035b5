"""`fusion-console audit`: what was done from this machine, and whether the record is whole."""

from __future__ import annotations

import time

import click
import msgspec

from providers.core.audit import Audit, Entry
from tui.commands import output
from tui.commands.exits import Exit
from tui.commands.invocation import Invocation, guarded, leave


@click.group("audit")
def audit() -> None:
    """Show, follow and verify the audit trail."""


@audit.command("show")
@click.option("-n", "--last", default=50, show_default=True, help="How many entries.")
@click.option("--json", "as_json", is_flag=True, help="One JSON line an entry.")
@click.pass_obj
def show(invocation: Invocation, last: int, as_json: bool) -> None:
    """The newest entries, oldest first, and first of all what is unfinished."""

    def work() -> int:
        trail = _trail(invocation)
        for entry in trail.tail(last):
            _print(entry, as_json)
        unfinished = trail.unfinished()
        for entry in unfinished:
            output.narrate(f"unfinished: {entry.action} {entry.target} of {entry.at}: verify what became of it")
        return Exit.FINDINGS if unfinished else Exit.OK

    leave(guarded(work))


@audit.command("verify")
@click.option("--json", "as_json", is_flag=True)
@click.pass_obj
def verify(invocation: Invocation, as_json: bool) -> None:
    """Prove the chain: edited, reordered, deleted and cut lines are named. Exit 1 when it does not hold."""

    def work() -> int:
        answer = _trail(invocation).verify()
        if as_json:
            output.document(answer)
        else:
            output.data(answer.message)
        return Exit.OK if answer.ok else Exit.FINDINGS

    leave(guarded(work))


@audit.command("tail")
@click.option("--json", "as_json", is_flag=True)
@click.pass_obj
def tail(invocation: Invocation, as_json: bool) -> None:
    """Follow the trail until interrupted."""

    def work() -> int:
        trail = _trail(invocation)
        seen = -1
        while True:
            for entry in trail.tail(200):
                if entry.seq > seen:
                    seen = entry.seq
                    _print(entry, as_json)
            time.sleep(0.5)

    leave(guarded(work))


def _trail(invocation: Invocation) -> Audit:
    return Audit(invocation.loaded.config.state_directory() / "audit")


def _print(entry: Entry, as_json: bool) -> None:
    if as_json:
        output.record(msgspec.to_builtins(entry))
        return
    words = (entry.at, entry.kind, entry.environment, entry.action, entry.target, entry.verdict, entry.message)
    output.data("  ".join(word for word in words if word))
