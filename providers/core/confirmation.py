"""How sure somebody has to be, and what they typed to show it."""

from __future__ import annotations

from typing import Final

import msgspec

from providers.core.action import Plan, Risk
from providers.core.text import clean

_YES: Final = "y"


class Confirmation(msgspec.Struct, frozen=True):
    """What was typed, exactly as it was typed, and why (kept in the audit trail)."""

    typed: str
    reason: str = ""


def required(risk: Risk, production: bool) -> Risk:
    """The level of confirmation a risk needs: in production one more."""
    return risk.raised() if production else risk


def objection(plan: Plan, confirmation: Confirmation, level: Risk) -> str:
    """Why a confirmation does not satisfy a level; "" when it does.

    low: "y" (or the name, which says more); high: the target's raw name; destructive: that and a reason.
    """
    name = plan.target.name
    named = bool(name) and confirmation.typed == name
    if level is Risk.LOW:
        return "" if named or confirmation.typed == _YES else "it was not confirmed: type y"
    if not named:
        return f"it was not confirmed: type the exact name of the target, {clean(name)}"
    if level is Risk.DESTRUCTIVE and not confirmation.reason.strip():
        return "it was not confirmed: give a reason"
    return ""
