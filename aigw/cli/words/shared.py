"""Sentences that several commands say."""

from collections.abc import Iterable

from aigw.errors import Problem

NEXT_START = "the gateway does not run; `aigw start` starts it"


def effect(applied: bool) -> str:  # noqa: FBT001 - reads well where it is used
    """Say whether the running gateway has the change."""
    return "the running gateway uses it now" if applied else NEXT_START


def odd(lints: Iterable[Problem]) -> list[str]:
    """Say what is allowed but hardly meant."""
    return [f"note: {lint}" for lint in lints]
