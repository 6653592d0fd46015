"""Adding providers in tests, and what is kept of them."""

import yaml

from tests.cli.program import Program

STOPPED = "the gateway does not run; `aigw start` starts it\n"
KEY = "sk-0123456789abcdef"


def keys(aigw: Program) -> object:
    """Read what is kept."""
    return yaml.safe_load((aigw.folder / "credentials.yaml").read_text())


def add(aigw: Program, *arguments: str) -> None:
    """Add a provider without asking it."""
    said = aigw("config", "add", "--no-check", *arguments)
    assert said.code == 0, said
