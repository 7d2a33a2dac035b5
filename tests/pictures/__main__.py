"""Take every picture anew, or those named: python -m tests.pictures [NAME …]. Then read the difference."""

from __future__ import annotations

import asyncio
import sys

from tests.pictures.scenes import PLACE, SCENES, take


def main(names: list[str]) -> None:
    for old in PLACE.glob("*.txt"):
        if old.stem not in SCENES:
            old.unlink()
    for name in names or SCENES:
        (PLACE / f"{name}.txt").write_text(asyncio.run(take(name)))


if __name__ == "__main__":
    main(sys.argv[1:])
