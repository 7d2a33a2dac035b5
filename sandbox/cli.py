"""`fusion-console sandbox`: run the estate, break it, heal it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import click

from providers.core.errors import FusionError, Unreachable

EXIT_USAGE, EXIT_UNREACHABLE = 2, 3
ORPHAN_LOOK = 1.0


@click.group("sandbox")
def sandbox() -> None:
    """A whole bridge estate on loopback, to learn on and to break."""


@sandbox.command("up")
@click.option("--fault", "faults", multiple=True, metavar="NAME", help="Break this as soon as it is up.")
@click.option("--seed", default=7, show_default=True, help="Of everything that is random in it.")
@click.option("--json", "as_json", is_flag=True, help="Where everything is, as one JSON line.")
@click.option("--with-parent", default=0, hidden=True, help="End when this process has ended.")
def up(faults: tuple[str, ...], seed: int, as_json: bool, with_parent: int) -> None:
    """Run in the foreground until interrupted."""
    _guard(lambda: asyncio.run(_up(faults, seed, as_json, with_parent)))


async def _up(faults: tuple[str, ...], seed: int, as_json: bool, parent: int) -> None:
    from sandbox.control import serve
    from sandbox.estate import Estate

    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(name, over.set)
    estate = await Estate.start(seed=seed)
    try:
        server = await serve(estate, over.set)
        for fault in faults:
            await estate.break_(fault)
        _print(estate.where(), as_json)
        await _until_over(over, parent)
        server.close()
    finally:
        await estate.stop()


async def _until_over(over: asyncio.Event, parent: int) -> None:
    """A signal, a request to stop, or the end of the process we belong to."""
    while not over.is_set():
        if parent and os.getppid() != parent:
            return
        try:
            async with asyncio.timeout(ORPHAN_LOOK if parent else None):
                await over.wait()
        except TimeoutError:
            continue


@sandbox.command("faults")
@click.option("--json", "as_json", is_flag=True)
def faults(as_json: bool) -> None:
    """Every fault, the symptom it causes, and the guide's rows that find it."""
    _guard(lambda: _print_faults(as_json))


def _print_faults(as_json: bool) -> None:
    from sandbox.faults import FAULTS

    if as_json:
        click.echo(json.dumps([{"name": f.name, "symptom": f.symptom, "rows": f.rows} for f in FAULTS.values()]))
        return
    for fault in FAULTS.values():
        click.echo(f"{fault.name:<24} {fault.symptom}  ({', '.join(fault.rows)})")


@sandbox.command("break")
@click.argument("names", nargs=-1, required=True)
@click.option("--at", type=click.Path(path_type=Path), help="Control socket; without it, the newest sandbox.")
def break_(names: tuple[str, ...], at: Path | None) -> None:
    """Put faults into the running sandbox."""
    _request("break", names, at)


@sandbox.command("heal")
@click.argument("names", nargs=-1)
@click.option("--at", type=click.Path(path_type=Path))
def heal(names: tuple[str, ...], at: Path | None) -> None:
    """Take faults out again; without a name, all."""
    _request("heal", names, at)


@sandbox.command("status")
@click.option("--json", "as_json", is_flag=True)
@click.option("--at", type=click.Path(path_type=Path))
def status(as_json: bool, at: Path | None) -> None:
    """Where the running sandbox is, and what is broken in it."""
    _request("status", (), at, as_json)


@sandbox.command("down")
@click.option("--at", type=click.Path(path_type=Path))
def down(at: Path | None) -> None:
    """Stop the running sandbox."""
    _request("stop", (), at)


def _request(verb: str, names: tuple[str, ...], at: Path | None, as_json: bool = False) -> None:
    from sandbox.control import ask

    def work() -> None:
        reply = ask(verb, names, at)
        if as_json:
            click.echo(json.dumps(reply))
            return
        click.echo(f"broken: {', '.join(reply['broken']) or 'nothing'}")
        if verb == "status":
            _print(reply["where"], False)

    _guard(work)


def _print(where: dict[str, object], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(where))
        return
    for name, value in _flat(where):
        click.echo(f"{name:<30} {value}")


def _flat(where: Mapping[str, object], above: str = "") -> Iterator[tuple[str, object]]:
    """Facts by their dotted names."""
    for name, value in where.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", value


def _guard(work: Callable[[], object]) -> None:
    """Expected ends become one sentence, the fix, and the exit code."""
    try:
        work()
    except ModuleNotFoundError as error:
        click.echo(f"the sandbox needs {error.name}: pip install 'fusion-console[sandbox]'", err=True)
        raise SystemExit(EXIT_USAGE) from None
    except FusionError as error:
        click.echo(error.message + (f"\n  fix: {error.fix}" if error.fix else ""), err=True)
        raise SystemExit(EXIT_UNREACHABLE if isinstance(error, Unreachable) else EXIT_USAGE) from None
