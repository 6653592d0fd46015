"""How the end that a person makes is told."""

import pytest

from aigw.cli.boundary import guarded
from aigw.errors import Interrupted

SAID = {
    "in the middle of a change": (
        KeyboardInterrupt(),
        (),
        "error: interrupted\n\nhint: run the command again: it goes on where it stopped\n",
    ),
    "at a question": (Interrupted("nothing was changed"), (), "nothing was changed\n"),
    "at a question, as JSON": (
        Interrupted("nothing was changed"),
        ("--json",),
        '{\n  "error": {\n    "code": "interrupted",\n    "message": "nothing was changed",\n'
        '    "hint": ""\n  }\n}\n',
    ),
}


@pytest.mark.parametrize(("error", "arguments", "words"), SAID.values(), ids=SAID.keys())
def test_an_end_made_by_a_person_is_130(
    capsys: pytest.CaptureFixture[str],
    error: BaseException,
    arguments: tuple[str, ...],
    words: str,
) -> None:
    def ended() -> None:
        raise error

    assert guarded(ended, arguments) == 130
    assert capsys.readouterr().err == words
