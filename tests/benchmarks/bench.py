"""The scene of a figure: a replay server, the console on a terminal in front of it, kubectl beside it."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from tests.benchmarks.estate import NAMESPACE
from tests.benchmarks.report import Report
from tests.benchmarks.terminal import Terminal, environment

ROOT = Path(__file__).parents[2]
PODS = 5000
KUBECTL = "kubectl"


class Bench:
    """One server; `directory` is the home of everything that runs against it."""

    def __init__(self, directory: Path, server: subprocess.Popen[str], kubeconfig: Path) -> None:
        self.directory = directory
        self.kubeconfig = kubeconfig
        self._server = server
        self._reports = 0
        self.environ = environment(directory) | {"KUBECONFIG": str(kubeconfig), "PYTHONPATH": str(ROOT)}
        self._config = _config(directory, kubeconfig)

    def order(self, do: str, **given: Any) -> None:
        """Tell the server something that takes its time; `answer` waits for its end."""
        assert self._server.stdin is not None
        self._server.stdin.write(json.dumps({"do": do} | given) + "\n")
        self._server.stdin.flush()

    def answer(self) -> dict[str, Any]:
        assert self._server.stdout is not None
        found: dict[str, Any] = json.loads(self._server.stdout.readline())
        return found

    def ask(self, do: str, **given: Any) -> dict[str, Any]:
        """Tell the server something and wait until it is done."""
        self.order(do, **given)
        return self.answer()

    def console(self) -> Terminal:
        """The console as it is installed."""
        return Terminal([sys.executable, "-m", "tui", "--config", str(self._config)], self.environ)

    def probed(self, module: str = "tui") -> tuple[Terminal, Path]:
        """The console, or another application, with the probe in it, and where its report will lie."""
        self._reports += 1
        path = self.directory / f"report-{self._reports}.json"
        extra = ["--config", str(self._config)] if module == "tui" else []
        argv = [sys.executable, "-m", "tests.benchmarks.probe", str(path), module, *extra]
        return Terminal(argv, self.environ), path

    def kubectl(self, *arguments: str) -> float:
        """Seconds that kubectl takes, from its start to its end; what it prints goes nowhere."""
        began = time.monotonic()
        subprocess.run([KUBECTL, *arguments], env=self.environ, check=True, stdout=subprocess.DEVNULL)
        return time.monotonic() - began


def bare(directory: Path) -> Terminal:
    """An empty application of the same toolkit."""
    argv = [sys.executable, "-m", "tests.benchmarks.bare"]
    return Terminal(argv, environment(directory) | {"PYTHONPATH": str(ROOT)})


def leave(terminal: Terminal, path: Path, keys: str = "q") -> Report:
    """Leave a probed application by its keys and read what the probe saw."""
    terminal.press(keys)
    terminal.wait(20)
    return Report.read(path)


@contextmanager
def bench(pods: int) -> Iterator[Bench]:
    """A server with so many pods; everything ends with the block."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        argv = [sys.executable, "-m", "tests.benchmarks.server", name, str(pods)]
        pipe = subprocess.PIPE
        with subprocess.Popen(argv, stdin=pipe, stdout=pipe, text=True, cwd=ROOT) as server:
            assert server.stdin is not None and server.stdout is not None
            try:
                kubeconfig = Path(json.loads(server.stdout.readline())["kubeconfig"])
                yield Bench(directory, server, kubeconfig)
            finally:
                server.stdin.close()
                server.wait(10)


def _config(directory: Path, kubeconfig: Path) -> Path:
    kubernetes = {"kubeconfig": str(kubeconfig), "context": "bench", "namespace": NAMESPACE}
    path = directory / "config.yaml"
    path.write_text(yaml.safe_dump({"default": "bench", "environments": {"bench": {"kubernetes": kubernetes}}}))
    path.chmod(0o600)
    return path
