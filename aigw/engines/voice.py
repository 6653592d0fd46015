"""Whom an engine tells what it does."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from aigw.clients.docker_images import Watch


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """Who hears what is waited for, each step, what a person should know, and how a pull goes."""

    waiting: Callable[[str], AbstractContextManager[None]]
    step: Callable[[str], None]
    note: Callable[[str], None]
    pulls: Watch
