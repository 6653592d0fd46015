"""The questions of the wizard, asked at a terminal."""

import sys
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from msgspec import Struct

from aigw.errors import Interrupted
from aigw.spec.secret import Secret

UNCHANGED = "nothing was changed"
NO_MATCH = "nothing matches: Backspace takes letters back"
Check = Callable[[str], str]
"""Says what is wrong with an answer; empty when nothing is."""


class Choice(Struct, frozen=True, kw_only=True):
    """One line to choose: what it stands for and how it reads."""

    value: str
    title: str


class Questions(Protocol):
    """Ask a person; Ctrl-C or the end of input raises Interrupted."""

    def choose(self, question: str, choices: Sequence[Choice]) -> str:
        """Let one line be found by typing a part of it."""

    def choose_some(self, question: str, choices: Sequence[Choice]) -> tuple[str, ...]:
        """Let any number of lines be marked, in their order."""

    def text(self, question: str, *, default: str, check: Check) -> str:
        """Ask for a line that `check` finds nothing wrong with."""

    def secret(self, question: str) -> Secret:
        """Ask for a key without showing it; the answer may be empty."""

    def confirm(self, question: str, *, default: bool) -> bool:
        """Ask for yes or no."""

    def say(self, text: str) -> None:
        """Tell something between two questions."""


class TerminalQuestions:
    """Ask with questionary on the process's terminal; everything goes to stderr."""

    def __init__(self) -> None:
        # Slow to import, and only the wizard needs them.
        import questionary
        from prompt_toolkit.output import create_output

        self._ask = questionary
        self._screen = create_output(stdout=sys.stderr)

    def choose(self, question: str, choices: Sequence[Choice]) -> str:
        """Let one line be found by typing a part of it."""
        lines = [self._ask.Choice(title=one.title, value=one.value) for one in choices]
        hint = "(type to search, Enter to choose)"
        asked = self._ask.select(
            question,
            choices=lines,
            use_search_filter=True,
            use_jk_keys=False,
            instruction=hint,
            output=self._screen,
        )
        _choose_only_what_matches(asked.application)
        return str(_answer(asked))

    def choose_some(self, question: str, choices: Sequence[Choice]) -> tuple[str, ...]:
        """Let any number of lines be marked, in their order."""
        lines = [self._ask.Choice(title=one.title, value=one.value) for one in choices]
        hint = "(Space marks, Enter goes on)"
        chosen = _answer(
            self._ask.checkbox(question, choices=lines, instruction=hint, output=self._screen)
        )
        return tuple(one.value for one in choices if one.value in chosen)

    def text(self, question: str, *, default: str, check: Check) -> str:
        """Ask for a line that `check` finds nothing wrong with."""

        def valid(line: str) -> bool | str:
            return check(line.strip()) or True

        asked = self._ask.text(question, default=default, validate=valid, output=self._screen)
        return str(_answer(asked)).strip()

    def secret(self, question: str) -> Secret:
        """Ask for a key without showing it; the answer may be empty."""
        return Secret(str(_answer(self._ask.password(question, output=self._screen))).strip())

    def confirm(self, question: str, *, default: bool) -> bool:
        """Ask for yes or no."""
        asked = self._ask.confirm(question, default=default, auto_enter=False, output=self._screen)
        return bool(_answer(asked))

    def say(self, text: str) -> None:
        """Tell something between two questions."""
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()


def _choose_only_what_matches(application: Any) -> None:  # noqa: ANN401 - what questionary made
    """Let Enter do nothing where a search finds nothing: questionary shows all lines again then."""
    from prompt_toolkit.filters import Condition
    from questionary.prompts.common import InquirerControl

    controls = application.layout.find_all_controls()
    lines: Any = next(one for one in controls if isinstance(one, InquirerControl))
    missed = Condition(
        lambda: bool(lines.search_filter) and lines.filtered_choices is lines.choices
    )

    def tell(_: object) -> None:
        lines.error_message = NO_MATCH if missed() else None

    application.before_render += tell
    application.key_bindings.add("enter", eager=True, filter=missed)(lambda _: None)


def _answer(question: Any) -> Any:  # noqa: ANN401 - questionary gives what the question is for
    try:
        return question.unsafe_ask()
    except (KeyboardInterrupt, EOFError) as error:
        raise Interrupted(UNCHANGED) from error
