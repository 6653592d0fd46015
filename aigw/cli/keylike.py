"""Texts that may be keys: a person who gives one in a wrong place does not see it repeated."""

import re
from collections.abc import Iterable

from aigw.spec.secret import Secret

# What well-known providers' keys begin with.
KEY_LIKE = re.compile(r"\b(?:(?:sk|pk|rk|xai)-|(?:gsk|ghp|hf)_|AIza)[-_A-Za-z0-9]{8,}")
SHORTEST = 16


def without_keys(text: str) -> str:
    """Mask what looks like a well-known provider's key."""
    return KEY_LIKE.sub(lambda found: Secret(found[0]).masked(), text)


def without_doubtful(text: str, arguments: Iterable[str]) -> str:
    """Mask the arguments of the command line that could be any key: long, and no option."""
    for argument in arguments:
        if len(argument) >= SHORTEST and not argument.startswith("--"):
            text = text.replace(argument, Secret(argument).masked())
    return text
