"""Everything that a command works with, handed in."""

import os
import sys
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TextIO

from aigw.cli.options import Common
from aigw.cli.output import Output
from aigw.cli.progress import waiting
from aigw.cli.prompts import Prompter, TerminalPrompter
from aigw.operations.world import World
from aigw.state.paths import Home


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """The gateway meant, the world, and the person: what they see, say and pipe in."""

    gateway: str
    world: World
    stdin: TextIO
    output: Output
    prompter: Prompter

    @classmethod
    def real(cls, common: Common) -> "Session":
        """Build the session of a person: the only place that takes streams and environment."""
        output = Output(
            stdout=sys.stdout,
            stderr=sys.stderr,
            as_json=common.as_json,
            quiet=common.quiet,
            verbose=common.verbose or common.debug,
        )

        def waits(text: str) -> AbstractContextManager[None]:
            return waiting(text, output.stderr, shown=not output.quiet)

        return cls(
            gateway=common.gateway,
            world=World(
                home=Home.find(os.environ),
                environ=dict(os.environ),
                step=output.step,
                note=output.note,
                waiting=waits,
            ),
            stdin=sys.stdin,
            output=output,
            prompter=TerminalPrompter(stdin=sys.stdin, stderr=sys.stderr),
        )
