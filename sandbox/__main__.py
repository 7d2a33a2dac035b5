"""python -m sandbox."""

import os

from sandbox.cli import sandbox

os.umask(0o077)
sandbox(prog_name="sandbox")
