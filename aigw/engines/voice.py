"""Whom an engine tells what it does."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:  # reads archives
    from aigw.clients.docker_images import Watch


CUT = "requests that were still running were cut"
"""What a person should know of a stop that waited for them in vain."""


class Voice(Struct, frozen=True, kw_only=True):
    """Who hears what is waited for, each step, what a person should know, and how a pull goes."""

    waiting: Callable[[str], AbstractContextManager[None]]
    step: Callable[[str], None]
    note: Callable[[str], None]
    pulls: "Watch"
