"""`fusion-console get`: what is there now, from the same feeds the screens draw."""

from __future__ import annotations

import asyncio
import difflib
from collections.abc import Sequence
from typing import Any

import click

from providers.core.errors import UsageError
from providers.core.site import Site
from providers.kube.selectors import Selector
from tui.commands import output
from tui.commands.exits import Exit
from tui.commands.invocation import Invocation
from tui.commands.listing import ALIASES, LISTINGS
from tui.commands.listing_shape import Listing
from tui.compose import kube_of
from tui.filter import Filter
from tui.moment import age

NUMBERS_DEADLINE = 4.0
FIRST_DEADLINE = 20.0
"""Seconds for the first answer: an account asks several things for one."""


@click.command("get")
@click.argument("kind")
@click.argument("name", required=False, default="")
@click.option("-l", "--selector", default="", help="Label selector, as kubectl takes it.")
@click.option("--filter", "text", default="", help="The console's filter: words, !word, /regex/.")
@click.option("--json", "as_json", is_flag=True, help="Whole values as one JSON document.")
@click.pass_obj
def get(invocation: Invocation, kind: str, name: str, selector: str, text: str, as_json: bool) -> None:
    """List what there is now: deployments, pods, system-pods, events, services, endpoints, nodes, replicasets,
    budgets, secrets, configmaps; of the database backends, blocking, transactions, connections, statements, pools;
    of the cache cache-clients, slowlog, latency, bigkeys, keyspace; of AWS databases, caches, db-events, cache-events,
    snapshots, restorable, parameters, cache-parameters.
    """

    async def work(site: Site) -> int:
        if kind in {"secrets", "secret", "configmaps", "configmap", "cm"}:
            return await _inventory(site, kind, as_json)
        listing = LISTINGS[_known(kind)]
        values = await _values(site, listing)
        chosen = [v for v in values if _wanted(v, name, Selector.parse(selector))]
        rows = [(v, listing.row(v)) for v in chosen]
        kept = [(v, row) for v, row in rows if Filter.parse(text).keeps(" ".join(row), _labels(v))]
        if as_json:
            output.document({"environment": site.name, "kind": _known(kind), "items": [v for v, _ in kept]})
        else:
            output.table(listing.heads, [row for _, row in kept])
        if name and not kept:
            raise UsageError(f"no {kind} named {name!r}")
        return Exit.OK

    invocation.run(work)


async def _values(site: Site, listing: Listing) -> Sequence[Any]:
    feeds = site.provider(listing.provider).feeds
    if listing.feed == "workloads":
        # Numbers are optional parts of a workload: give them a moment, show dashes when they do not come.
        parts = (feeds["usage"].first(NUMBERS_DEADLINE), feeds["error_rates"].first(NUMBERS_DEADLINE))
        await asyncio.gather(*parts, return_exceptions=True)
    if listing.feed not in feeds:
        raise UsageError(f"environment {site.name} has no {listing.feed} to list", fix="it is not configured")
    return listing.values(await feeds[listing.feed].first(FIRST_DEADLINE))


def _known(kind: str) -> str:
    full = ALIASES.get(kind, kind)
    if full not in LISTINGS:
        every = [*LISTINGS, "secrets", "configmaps"]
        near = difflib.get_close_matches(kind, every, n=1)
        hint = f"did you mean {near[0]}? " if near else ""
        raise UsageError(f"cannot list {kind!r}", fix=f"{hint}there are: {', '.join(every)}")
    return full


def _labels(value: Any) -> dict[str, str]:
    labels: dict[str, str] = getattr(getattr(value, "deployment", value), "labels", {})
    return labels


def _wanted(value: Any, name: str, selector: Selector) -> bool:
    return (not name or getattr(value, "name", "") == name) and selector.matches(_labels(value))


async def _inventory(site: Site, kind: str, as_json: bool) -> int:
    from providers.kube import inventory

    client = kube_of(site).client
    if kind.startswith("secret"):
        secrets = await inventory.secrets(client, client.namespace)
        if as_json:
            output.document(secrets)
        else:
            heads = ("NAME", "TYPE", "AGE", "KEYS (bytes)", "USED BY")
            output.table(heads, [_secret_row(secret) for secret in secrets])
        return Exit.OK
    maps = await inventory.config_maps(client, client.namespace)
    if as_json:
        output.document(maps)
    else:
        heads = ("NAME", "AGE", "KEYS (bytes)", "USED BY", "CHANGED SINCE PODS STARTED")
        output.table(heads, [_map_row(found) for found in maps])
    return Exit.OK


def _secret_row(secret: Any) -> Sequence[str]:
    keys = ", ".join(f"{key} ({size})" for key, size in secret.keys.items())
    return secret.name, secret.type, age(secret.created), keys, ", ".join(secret.used_by) or "-"


def _map_row(found: Any) -> Sequence[str]:
    keys = ", ".join(f"{key} ({len(value)})" for key, value in found.data.items())
    return found.name, age(found.created), keys, ", ".join(found.used_by) or "-", found.drift
