"""Sentences that several commands say."""

from collections.abc import Iterable

from aigw.errors import Problem

NEXT_START = "the gateway does not run; `aigw start` starts it"


def effect(applied: bool) -> str:  # noqa: FBT001 - reads well where it is used
    """Say whether the running gateway has the change."""
    return "the running gateway uses it now" if applied else NEXT_START


def count(number: int, one: str) -> str:
    """Say how many there are: `no rules`, `1 rule`, `2 rules`."""
    return f"1 {one}" if number == 1 else f"{number or 'no'} {one}s"


def odd(lints: Iterable[Problem]) -> list[str]:
    """Say what is allowed but hardly meant."""
    return [f"note: {lint}" for lint in lints]
