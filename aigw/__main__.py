"""The program: `aigw`, or `python -m aigw`."""

import gc


def main() -> None:
    """Run it."""
    gc.disable()  # of what is imported nothing is garbage, and looking for it takes a while
    from aigw.cli.root import run

    gc.freeze()
    gc.enable()
    run()


if __name__ == "__main__":
    main()
