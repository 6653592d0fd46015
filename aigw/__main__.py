"""Run the program as `python -m aigw`."""

from aigw.cli.root import main

if __name__ == "__main__":
    main()
