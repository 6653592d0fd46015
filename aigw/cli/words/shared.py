"""Sentences that several commands say."""

from collections.abc import Iterable
from shlex import quote
from typing import Protocol

from aigw.errors import Problem
from aigw.operations.world import DEFAULT_GATEWAY


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


def named(gateway: str) -> str:
    """Return ` -g NAME` for a command about this gateway; empty for the default one."""
    return "" if gateway == DEFAULT_GATEWAY else f" -g {quote(gateway)}"


def count(number: int, one: str) -> str:
    """Say how many there are: `no rules`, `1 rule`, `2 rules`."""
    return f"1 {one}" if number == 1 else f"{number or 'no'} {one}s"


def odd(lints: Iterable[Problem]) -> list[str]:
    """Say what is allowed but hardly meant."""
    return [f"note: {lint}" for lint in lints]
