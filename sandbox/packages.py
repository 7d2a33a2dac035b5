"""Where packages lie that are used for the programs in them, without importing them."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from providers.core.errors import Unreachable


def package(name: str) -> Path:
    """The directory of an installed package. Raises Unreachable with the fix."""
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise Unreachable(f"the sandbox needs {name}", fix="pip install 'fusion-console[sandbox]'")
    return Path(spec.submodule_search_locations[0])
