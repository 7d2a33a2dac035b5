"""`fusion-console config`: what is configured, and whether it is right."""

from __future__ import annotations

import click


@click.group("config")
def config() -> None:
    """Show, validate or write the configuration."""
