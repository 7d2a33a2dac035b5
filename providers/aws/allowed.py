"""Is a value one that AWS allows, by its own notation."""

from __future__ import annotations

import re
from typing import Final

from providers.aws.values import Parameter

_RANGE: Final = re.compile(r"(-?\d+(?:\.\d+)?)\s*-\s*(-?\d+(?:\.\d+)?)")
_FORMULA: Final = re.compile(r"\{.+\}|(GREATEST|LEAST|SUM|log)\(.+\)")
"""RDS works out such values itself, from the memory of the instance and the like."""
_NUMBERS: Final = frozenset({"integer", "float", "long"})
_SHOWN: Final = 200


def objection(parameter: Parameter, value: str) -> str:
    """Why AWS would refuse the value; "" when it would not, or when only AWS can tell."""
    if _FORMULA.fullmatch(value) or (not parameter.allowed and parameter.data_type not in _NUMBERS):
        return ""
    number = _number(value)
    if parameter.data_type in _NUMBERS and number is None:
        return f"{parameter.name} takes a number, not {value!r}"
    if not parameter.allowed or _fits(parameter.allowed, value, number, parameter.data_type == "list"):
        return ""
    shown = parameter.allowed[:_SHOWN] + ("…" if len(parameter.allowed) > _SHOWN else "")
    return f"{value!r} is not allowed for {parameter.name}: {shown}"


def _fits(allowed: str, value: str, number: float | None, several: bool) -> bool:
    choices = [choice.strip() for choice in allowed.split(",")]
    if several and value:
        return all(_fits(allowed, one.strip(), _number(one), False) for one in value.split(","))
    # Anything else than choices and ranges is prose or a pattern, and only AWS can tell.
    return value in choices or any(_within(choice, number) for choice in choices) or _is_prose(choices)


def _within(choice: str, number: float | None) -> bool:
    found = _RANGE.fullmatch(choice)
    return found is not None and number is not None and float(found[1]) <= number <= float(found[2])


def _is_prose(choices: list[str]) -> bool:
    return any(not _RANGE.fullmatch(choice) and not re.fullmatch(r"[\w.+-]*", choice) for choice in choices)


def _number(value: str) -> float | None:
    try:
        return float(value)
    except ValueError:
        return None
