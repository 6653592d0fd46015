"""What is mistyped is said in our words, with the help that is next to it."""

import pytest

from tests.cli.program import Program

MISSPELT = {
    "a command": (
        ("strat",),
        "there is no command `aigw strat`; did you mean `start` or `status`?",
        "aigw --help",
    ),
    "a command below another": (
        ("config", "lst"),
        "there is no command `aigw config lst`; did you mean `list`?",
        "aigw config --help",
    ),
    "the beginning of a command": (
        ("sta",),
        "there is no command `aigw sta`; did you mean `start` or `status`?",
        "aigw --help",
    ),
    "a command of the old script's list": (
        ("config", "add,list"),
        "there is no command `aigw config add,list`; did you mean `list`?",
        "aigw config --help",
    ),
    "an option of another command": (
        ("start", "--provider", "openai"),
        "no such option: --provider",
        "aigw start --help",
    ),
    "an option": (
        ("stop", "--timout", "3"),
        "no such option: --timout (Possible options: --timeout)",
        "aigw stop --help",
    ),
    "an abbreviation": (
        ("stop", "--time", "3"),
        "no such option: --time (Possible options: --quiet, --timeout)",
        "aigw stop --help",
    ),
    "a number": (
        ("stop", "--timeout", "soon"),
        "invalid value for '--timeout': 'soon' is not a number",
        "aigw stop --help",
    ),
    "a whole number": (
        ("start", "--http-port", "abc"),
        "invalid value for '--http-port': 'abc' is not a whole number",
        "aigw start --help",
    ),
    "a number that is too large": (
        ("start", "--http-port", "70000"),
        "invalid value for '--http-port': 70000 is not between 1 and 65535",
        "aigw start --help",
    ),
    "a number that is too small": (
        ("stop", "--timeout", "-1"),
        "invalid value for '--timeout': -1.0 is less than 0",
        "aigw stop --help",
    ),
    "an option without a value": (
        ("config", "add", "--provider"),
        "option '--provider' requires an argument",
        "aigw config add --help",
    ),
    "a family's option without a value": (
        ("config", "--nothing"),
        "no such option: --nothing",
        "aigw config --help",
    ),
    "too much": (
        ("stop", "now"),
        "got unexpected extra argument(s) (now)",
        "aigw stop --help",
    ),
    "a gateway's name": (
        ("status", "-g", "../x"),
        "`../x` cannot be a gateway's name: letters, digits, `_`, `.` and `-`, at most 64, "
        "a letter or digit first",
        "",
    ),
}


@pytest.mark.parametrize(("words", "message", "hint"), MISSPELT.values(), ids=MISSPELT.keys())
def test_a_slip_is_said_in_words_or_as_json(
    aigw: Program, words: tuple[str, ...], message: str, hint: str
) -> None:
    said = aigw(*words)
    hinted = f"\nhint: {hint}\n" if hint else ""
    assert (said.code, said.out, said.err) == (2, "", f"error: {message}\n{hinted}")
    told = aigw("--json", *words)
    assert (told.code, told.out) == (2, "")
    assert told.error() == {"code": "usage", "message": message, "hint": hint}


def test_a_bad_value_of_a_variable_names_the_variable(aigw: Program) -> None:
    said = aigw("start", "--dry-run", environ={"AIGW_HTTP_PORT": "abc"})
    assert said.err.partition("\n")[0] == (
        "error: invalid value for '--http-port', from the variable AIGW_HTTP_PORT: "
        "'abc' is not a whole number"
    )
