"""Sentences that several commands say."""

import re
from collections.abc import Iterable
from shlex import quote
from typing import Protocol

from aigw.errors import Problem
from aigw.operations.world import DEFAULT_GATEWAY

OF_A_GATEWAY = re.compile(
    r"\baigw (?=[a-z])(?!list\b|schema\b|config providers\b|[^`|&]*( -g| --gateway| --help)\b)"
)
QUOTED = re.compile(r"`aigw [^`\n]*`")


class Change(Protocol):
    """A result that tells whether a running gateway has it."""

    @property
    def gateway(self) -> str:
        """The gateway's name."""

    @property
    def applied(self) -> bool:
        """Whether it runs and has the change."""


def effect(change: Change) -> str:
    """Say whether the running gateway has the change."""
    if change.applied:
        return "the running gateway uses it now"
    return f"the gateway does not run; `aigw{named(change.gateway)} start` starts it"


def as_before(said: str, change: Change) -> str:
    """Say that it was so already, and what makes it run where it does not."""
    text = f"{said}; nothing changed"
    return text if change.applied else f"{text}\n{effect(change)}"


def named(gateway: str) -> str:
    """Return ` -g NAME` for a command about this gateway; empty for the default one."""
    return "" if gateway == DEFAULT_GATEWAY else f" -g {quote(gateway)}"


def about(hint: str, gateway: str) -> str:
    """Let a hint be about this gateway, not about the default one."""
    words = f"aigw{named(gateway)} ".replace("\\", "\\\\")  # a template of `sub`
    return OF_A_GATEWAY.sub(words, hint)


def told(sentence: str, gateway: str) -> str:
    """Let the commands that a sentence quotes be about this gateway."""
    return QUOTED.sub(lambda found: about(found[0], gateway), sentence)


def count(number: int, one: str) -> str:
    """Say how many there are: `no rules`, `1 rule`, `2 rules`."""
    return f"1 {one}" if number == 1 else f"{number or 'no'} {one}s"


def odd(lints: Iterable[Problem]) -> list[str]:
    """Say what is allowed but hardly meant."""
    return [f"note: {lint}" for lint in lints]
