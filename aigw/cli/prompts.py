"""Questions to a person at a terminal."""

import getpass
from collections.abc import Callable
from typing import Protocol, TextIO

from msgspec import Struct

from aigw.errors import Interrupted
from aigw.spec.secret import Secret

UNCHANGED = "nothing was changed"


class Prompter(Protocol):
    """Ask one question at a time; Ctrl-C or the end of input raises Interrupted."""

    @property
    def present(self) -> bool:
        """Say whether there is a person to ask."""

    def secret(self, question: str, *, problem: Callable[[str], str]) -> Secret:
        """Ask for a key without showing it, until `problem` finds nothing wrong with it."""

    def confirm(self, question: str) -> bool:
        """Ask for a yes; no is the default."""


class TerminalPrompter(Struct, frozen=True, kw_only=True):
    """Ask at the terminal; the questions go to stderr, so that stdout holds the result only."""

    stdin: TextIO
    stderr: TextIO

    @property
    def present(self) -> bool:
        """Say whether both ends are a terminal."""
        return self.stdin.isatty() and self.stderr.isatty()

    def secret(self, question: str, *, problem: Callable[[str], str]) -> Secret:
        """Ask for a key without showing it, until `problem` finds nothing wrong with it."""
        while True:
            try:
                text = getpass.getpass(f"{question}: ", stream=self.stderr).strip()
            except (KeyboardInterrupt, EOFError) as error:
                raise Interrupted(UNCHANGED) from error
            wrong = problem(text)
            if not wrong:
                return Secret(text)
            self.stderr.write(f"the key {wrong}\n")

    def confirm(self, question: str) -> bool:
        """Ask for a yes; no is the default."""
        self.stderr.write(f"{question} [y/N] ")
        self.stderr.flush()
        try:
            answer = self.stdin.readline()
        except KeyboardInterrupt as error:
            raise Interrupted(UNCHANGED) from error
        if not answer:
            raise Interrupted(UNCHANGED)
        return answer.strip().lower() in {"y", "yes"}
