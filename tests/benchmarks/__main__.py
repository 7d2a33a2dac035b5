"""python -m tests.benchmarks [NAME …] [--soak SECONDS]: each figure beside a peer measured in the same run."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence

from tests.benchmarks import logs, memory, output, pods, start
from tests.benchmarks.measure import Figure

FIGURES: dict[str, Callable[..., Sequence[Figure]]] = {
    "start": start.figures,
    "output": output.figures,
    "pods": pods.figures,
    "logs": logs.figures,
    "memory": memory.figures,
}


def main() -> None:
    """Print one line a figure; a bar that is not met is no failure of the run."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of: {', '.join(FIGURES)}")
    parser.add_argument("--soak", type=float, default=memory.SOAK, help="seconds that memory is watched for")
    chosen = parser.parse_args()
    unknown = set(chosen.names) - set(FIGURES)
    if unknown:
        parser.error(f"there is no {', '.join(sorted(unknown))}; there are: {', '.join(FIGURES)}")
    began = time.monotonic()
    for name in chosen.names or FIGURES:
        options = {"soak": chosen.soak} if name == "memory" else {}
        for figure in FIGURES[name](**options):
            print(figure, flush=True)
    print(f"in {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
