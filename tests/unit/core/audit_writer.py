"""A console that does nothing but write: `audit_writer DIRECTORY COUNT` appends and says each line's number."""

from __future__ import annotations

import sys
from pathlib import Path

from providers.core.audit import Audit, Scene
from providers.core.operator import Operator


def main(directory: str, count: str) -> None:
    audit = Audit(Path(directory), anchor=lambda _: None)
    scene = Scene(Operator.current({}), "staging", False)
    for number in range(int(count)):
        entry = audit.note(scene, "note", f"line {number} " + "x" * 200)
        sys.stdout.write(f"{entry.seq}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
