"""Containers for one use: their label tells who made them, so what a killed command left can go."""

import os
from contextlib import suppress
from typing import Final

from msgspec import Struct, json

from aigw.clients.process import Identity, alive, identify, surroundings

THROWAWAY: Final = "io.aigw.throwaway"
"""The label of containers that run one command, or none; its value is the `Maker`."""

UNSEEN_SECONDS: Final = 3600.0
"""How old one gets whose maker cannot be seen: a use takes minutes, and clocks may differ."""


class Maker(Struct, frozen=True, kw_only=True):
    """The process that made a container, if it can be told, and among which others it runs."""

    surroundings: str
    process: Identity | None


def label() -> dict[str, str]:
    """Return the label of a container that this process makes."""
    maker = Maker(surroundings=surroundings(), process=identify(os.getpid()))
    return {THROWAWAY: json.encode(maker).decode()}


def is_abandoned(value: str, *, age: float) -> bool:
    """Say whether nobody uses the container of that label any more; `age` is in seconds.

    Only what runs on this machine, and as this user, can be seen; of others the age tells.
    """
    with suppress(ValueError):
        maker = json.decode(value, type=Maker)
        if maker.process and maker.surroundings == surroundings():
            return not alive(maker.process)
    return age > UNSEEN_SECONDS
