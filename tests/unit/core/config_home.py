"""A private home directory with a configuration in it."""

from __future__ import annotations

from pathlib import Path

from providers.core.config import Loaded
from providers.core.config_file import load
from providers.core.config_problem import ConfigRejected


class Home:
    """Loads what is written into it, seeing no variables but those given."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.file = root / ".config/fusion-console/config.yaml"

    def write(self, text: str | bytes, mode: int = 0o600) -> Path:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.write_bytes(text.encode() if isinstance(text, str) else text)
        self.file.chmod(mode)
        return self.file

    def environ(self, **variables: str) -> dict[str, str]:
        return {"HOME": str(self.root), **variables}

    def load(self, text: str | bytes | None = None, /, **variables: str) -> Loaded:
        if text is not None:
            self.write(text)
        return load(None, self.environ(**variables))

    def rejection(self, text: str | bytes, /, **variables: str) -> ConfigRejected:
        try:
            loaded = self.load(text, **variables)
        except ConfigRejected as rejected:
            return rejected
        raise AssertionError(f"accepted: {loaded.config}")
