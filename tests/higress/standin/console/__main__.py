"""`python -m standin.console --port 8001 --apiserver https://127.0.0.1:18443`."""

import argparse
import sys
import time

from ..ports import PILOT_DEBUG
from .app import App
from .errors import ConsoleError
from .kube import Kube
from .server import serve
from .start import prepare

PATIENCE = 20


def main() -> int:
    """Prepare the store, then serve until the process ends; without a store give up."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", default="0.0.0.0")
    parser.add_argument("--port", type=int, default=8001)
    parser.add_argument("--apiserver", default="https://127.0.0.1:18443")
    parser.add_argument("--pilot", type=int, default=PILOT_DEBUG)
    options = parser.parse_args()
    kube = Kube(options.apiserver)
    if not _prepared(kube):
        return 1
    serve(App(kube, options.pilot), options.port, options.host).serve_forever()
    return 0


def _prepared(kube: Kube) -> bool:
    end = time.monotonic() + PATIENCE
    while True:
        try:
            prepare(kube)
        except ConsoleError as error:
            if time.monotonic() > end:
                sys.stderr.write(f"{error.java}\n")
                return False
            time.sleep(0.2)
        else:
            return True


if __name__ == "__main__":
    sys.exit(main())
