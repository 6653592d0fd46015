"""Everything that a command works with, handed in."""

import os
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, TextIO

from msgspec import Struct

from aigw.cli.engines import Engines
from aigw.cli.options import Common
from aigw.cli.output import Output
from aigw.cli.progress import Waits
from aigw.cli.prompts import Prompter, TerminalPrompter
from aigw.operations.world import World
from aigw.state.paths import Home

if TYPE_CHECKING:  # slow to import, and few commands need them
    from aigw.cli.questions import Questions
    from aigw.clients.http import Answer


class Session(Struct, frozen=True, kw_only=True):
    """The gateway meant, the world, and the person: what they see, say and pipe in."""

    gateway: str
    world: World
    zone: tzinfo
    stdin: TextIO
    output: Output
    prompter: Prompter
    questions: Callable[[], "Questions"]

    @classmethod
    def real(cls, common: Common) -> "Session":
        """Build the session of a person: the only place that takes streams and environment."""
        output = Output(
            stdout=sys.stdout,
            stderr=sys.stderr,
            as_json=common.as_json,
            quiet=common.quiet,
            verbose=common.verbose or common.debug,
            gateway=common.gateway,
        )
        waits = Waits(output.stderr, shown=not output.quiet)
        engines = Engines(output=output, waits=waits)
        return cls(
            gateway=common.gateway,
            world=World(
                home=Home.find(os.environ),
                environ=dict(os.environ),
                engine=engines,
                higress=engines.look,
                ask=_ask,
                step=output.step,
                note=output.note,
                waiting=waits,
            ),
            zone=datetime.now(UTC).astimezone().tzinfo or UTC,
            stdin=sys.stdin,
            output=output,
            prompter=TerminalPrompter(stdin=sys.stdin, stderr=sys.stderr),
            questions=_questions,
        )


def _ask(
    url: str, *, timeout: float, body: object = None, headers: Mapping[str, str] | None = None
) -> "Answer":
    from aigw.clients.http import ask_gateway  # late: slow to import

    return ask_gateway(url, timeout=timeout, body=body, headers=headers)


def _questions() -> "Questions":
    from aigw.cli.questions import TerminalQuestions  # late: only the wizard asks more than a key

    return TerminalQuestions()
