"""Commands that are quoted to a person are about the gateway that was meant."""

import pytest

from aigw.cli.words.shared import about, told

HINTS = {
    "a command": ("aigw start", "aigw -g g start"),
    "behind a pipe": (
        'printf %s "$KEY" | aigw config add',
        'printf %s "$KEY" | aigw -g g config add',
    ),
    "two": ("aigw start && aigw stop", "aigw -g g start && aigw -g g stop"),
    "of every gateway": ("aigw list", "aigw list"),
    "a help": ("aigw route add --help", "aigw route add --help"),
    "one that names a gateway": ("aigw start -g OTHER-NAME", "aigw start -g OTHER-NAME"),
    "one of two": (
        "aigw import DIR --gateway A && aigw stop",
        "aigw import DIR --gateway A && aigw -g g stop",
    ),
}


@pytest.mark.parametrize(("hint", "words"), HINTS.values(), ids=HINTS.keys())
def test_a_hint_names_the_gateway_once(hint: str, words: str) -> None:
    assert about(hint, "g") == words
    assert about(hint, "higress-ai-gateway") == hint


def test_a_sentence_is_about_the_gateway_where_it_quotes_a_command_only() -> None:
    sentence = "refused our key (401); see `aigw config list` or ask `x`; aigw has `no` such thing"
    quoted = (
        "refused our key (401); see `aigw -g g config list` or ask `x`; aigw has `no` such thing"
    )
    assert told(sentence, "g") == quoted
