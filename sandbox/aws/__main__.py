"""The server's process: `python -m sandbox.aws DIRECTORY SEED`. Serves, seeds, says one line of facts, and stays.

After that it says a line whenever what is wrong in the account has changed.
"""

from __future__ import annotations

import gc
import json
import logging
import os
import sys
import time
from itertools import count
from pathlib import Path
from typing import Any

HOST = "127.0.0.1"
PERIOD = 5.0
"""Seconds between two looks at what has happened since."""
LOOK = 0.2
"""Seconds between two looks at what is to be wrong."""


def main(directory: Path, seed: int) -> None:
    """Does not return: a signal ends it, or the end of the estate."""
    # The models of the services are half a million objects that stay: looking through them is a quarter of the start,
    # and nothing is to be found there later.
    usual = gc.get_threshold()
    gc.set_threshold(50_000, 20, 1000)
    _settle(directory)
    from sandbox.aws import seeding

    facts, beats, trouble = seeding.seed(_serve(), directory, seed)
    _say(facts)
    gc.freeze()
    gc.set_threshold(*usual)
    from botocore.exceptions import BotoCoreError, ClientError

    for number in count(1):
        time.sleep(LOOK)
        try:
            if (now := trouble.look()) is not None:
                _say(now)
            for beat in beats if number % round(PERIOD / LOOK) == 0 else ():
                beat()
        except (BotoCoreError, ClientError):
            # A gap in logs or metrics is no reason to take the account away.
            logging.exception("nothing written this time")


def _say(what: Any) -> None:
    """One line that the estate waits for."""
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def _settle(directory: Path) -> None:
    """Let nothing of the surroundings in: the user's AWS and moto settings are for other places."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "MOTO_"))]:
        del os.environ[name]
    files = {"AWS_SHARED_CREDENTIALS_FILE": "credentials", "AWS_CONFIG_FILE": "config"}
    os.environ.update({name: str(directory / file) for name, file in files.items()})
    from sandbox.aws.account import ACCOUNT

    os.environ.update(MOTO_ACCOUNT_ID=ACCOUNT, MOTO_EC2_LOAD_DEFAULT_AMIS="false")


def _serve() -> str:
    """Start the server on a free port; returns its address."""
    from moto.moto_server.threaded_moto_server import ThreadedMotoServer

    # One line a request would fill the log for as long as the estate runs.
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server: Any = ThreadedMotoServer(HOST, 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    return f"http://{host}:{port}"


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
