"""The program: `aigw`, or `python -m aigw`."""

import gc
import sys

INTERRUPTED = 130


def main() -> None:
    """Run it."""
    gc.disable()  # of what is imported nothing is garbage, and looking for it takes a while
    try:
        from aigw.cli.root import run
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)  # nothing was begun

    gc.freeze()
    gc.enable()
    run()


if __name__ == "__main__":
    main()
