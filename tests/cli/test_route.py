"""`aigw route`: rules, the default model, and what a message would be routed to."""

from pathlib import Path

import pytest
import yaml

from tests.cli.program import Program, Said

STOPPED = "the gateway does not run; `aigw start` starts it\n"
OFF = "auto-routing is off; `aigw route default MODEL` switches it on\n"


def rules(aigw: Program) -> list[dict[str, str]]:
    """Read the rules as they are shown."""
    shown = aigw("route", "list", "--json").json()["rules"]
    assert isinstance(shown, list)
    return shown


def names(aigw: Program) -> list[str]:
    """Read the names of the rules in their order."""
    return [rule["name"] for rule in rules(aigw)]


def add(aigw: Program, name: str, *more: str) -> Said:
    """Add a rule of that name, for prompts that begin with it."""
    said = aigw("route", "add", "--model", "o3", "--trigger", name, "--name", name, *more)
    assert said.code == 0, said
    return said


def test_a_rule_is_added_and_shown(routed: Program) -> None:
    said = routed("route", "add", "--model", "deepseek-reasoner", "--trigger", "深入思考|deep c++?")
    assert (said.code, said.err) == (0, "")
    (rule,) = rules(routed)
    assert said.out == (
        f"added rule deepseek-reasoner ({rule['id']}): 深入思考|deep c++? -> deepseek-reasoner\n"
        f"{STOPPED}"
    )
    assert rule["pattern"] == r"(?i)^(?:深入思考|deep c\+\+\?)"
    assert rule["trigger"] == "深入思考|deep c++?"
    long = "a phrase that is longer than what the old script showed of one"
    add(routed, long, "--name", "long")
    assert f"  {long}  " in routed("route", "list").out


def test_a_rule_says_when_auto_routing_is_off(routed: Program) -> None:
    assert routed("route", "off").out == f"auto-routing is off\n{STOPPED}"
    assert add(routed, "deep").out.endswith(OFF)
    assert routed("route", "off").out.startswith("auto-routing is off; 1 rule kept; nothing cha")


def test_a_default_that_is_so_already_is_not_called_a_change(routed: Program) -> None:
    for model in ("gpt-4o", "o3"):
        assert routed("route", "default", model, "--json").json()["changed"] == (model == "o3")


def test_rules_stand_where_they_were_put(routed: Program) -> None:
    add(routed, "one")
    add(routed, "two")
    add(routed, "zero", "--first")
    add(routed, "one-and-a-half", "--before", "two")
    assert names(routed) == ["zero", "one", "one-and-a-half", "two"]


def test_names_are_made_of_the_model(routed: Program) -> None:
    for word in ("a", "b"):
        said = routed("route", "add", "--model", "openai/gpt-4o", "--trigger", word)
        assert said.code == 0
    assert names(routed) == ["openai-gpt-4o", "openai-gpt-4o-2"]


def test_a_rule_is_removed_by_name_or_by_an_id_that_does_not_shift(routed: Program) -> None:
    for name in ("one", "two", "three"):
        add(routed, name)
    second = rules(routed)[1]["id"]
    assert routed("route", "remove", "--name", "one").out.startswith("removed rule one (")
    assert routed("route", "remove", "--rule-id", second).out.startswith("removed rule two (")
    assert names(routed) == ["three"]


REFUSED = {
    "neither trigger nor pattern": (
        ("--model", "o3"),
        "give exactly one of --trigger and --pattern",
    ),
    "both": (
        ("--model", "o3", "--trigger", "a", "--pattern", "b"),
        "give exactly one of --trigger and --pattern",
    ),
    "no model": (("--trigger", "a"), "missing option '--model'"),
    "a model that nobody serves": (
        ("--model", "gtp-4o", "--trigger", "a"),
        "no provider serves the model `gtp-4o`; did you mean `gpt-",
    ),
    "the model that is to be decided": (
        ("--model", "auto", "--trigger", "a"),
        "`auto` is what the rules decide; name the model it is to become",
    ),
    "a lookahead": (("--model", "o3", "--pattern", "(?=a)"), "the pattern cannot be used: "),
    "an open bracket": (("--model", "o3", "--pattern", "(a"), "the pattern cannot be used: "),
    "an open quote": (("--model", "o3", "--pattern", r"\Qa"), "the pattern cannot be used: "),
    "a bracket too many": (("--model", "o3", "--pattern", "a)|(b"), "the pattern cannot be used: "),
    "an empty phrase": (
        ("--model", "o3", "--trigger", "a||b"),
        "the trigger `a||b` cannot be used: a phrase between the `|` is empty",
    ),
    "a taken name": (
        ("--model", "o3", "--trigger", "a", "--name", "taken"),
        "there is a rule `taken` already\n\n"
        "hint: aigw route add --name taken-2 --model o3 --trigger a\n",
    ),
    "a bad name": (
        ("--model", "o3", "--trigger", "a", "--name", "a b"),
        "with this change gateway.yaml would be wrong:",
    ),
    "before nothing": (
        ("--model", "o3", "--trigger", "a", "--before", "takn"),
        "there is no rule `takn`; did you mean `taken`?",
    ),
    "two places": (
        ("--model", "o3", "--trigger", "a", "--before", "taken", "--first"),
        "give one of --first and --before",
    ),
}


@pytest.mark.parametrize(("flags", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_a_rule_that_cannot_be_is_refused(
    routed: Program, flags: tuple[str, ...], words: str
) -> None:
    add(routed, "taken")
    said = routed("route", "add", *flags)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith(f"error: {words}")
    assert names(routed) == ["taken"]


ODD_TRIGGERS = {
    "quotes": 'what\'s "this"',
    "backslash": "a\\b",
    "shell": "$(touch owned)",
    "unicode": "写诗 ünïcode",
    "all metacharacters": r".^$*+?()[]{}|\d",
}


@pytest.mark.parametrize("trigger", ODD_TRIGGERS.values(), ids=ODD_TRIGGERS.keys())
def test_an_odd_trigger_matches_exactly_itself(routed: Program, trigger: str) -> None:
    said = routed("route", "add", "--model", "o3", "--trigger", trigger, "--name", "odd")
    assert said.code == 0
    for phrase in trigger.split("|"):
        tested = routed("route", "test", "--json", f"{phrase} and more").json()
        assert tested["rule"] == "odd"
    assert routed("route", "test", "--json", "something else").json()["rule"] == "default"
    assert not Path("owned").exists()


def test_a_trigger_of_two_lines_or_a_megabyte_is_refused(routed: Program) -> None:
    for trigger in ("two\nlines", "x" * 100_000):
        said = routed("route", "add", "--model", "o3", "--trigger", trigger)
        assert (said.code, said.out) == (2, "")
        assert "autoRouting.rules[0].trigger: " in said.err


def test_the_list_shows_what_is_odd(routed: Program) -> None:
    add(routed, "deep")
    listed = routed("route", "list")
    (rule,) = rules(routed)
    assert listed.out == (
        "default model: gpt-4o\n"
        "NAME  ID      TRIGGER OR PATTERN  MODEL\n"
        f"deep  {rule['id']}  deep                o3\n"
    )
    routed("route", "add", "--model", "o3", "--pattern", ".", "--name", "broad", "--first")
    assert "note: autoRouting.rules[0]: `broad` is too broad" in routed("route", "list").out


@pytest.mark.parametrize(
    ("flags", "note"),
    [
        (("--trigger", "deep"), "`o3` never gets a prompt: `deep` before it takes all of them"),
        (("--trigger", "deep c"), "`o3` never gets a prompt: `deep` before it takes all of them"),
        (("--pattern", ".", "--first"), "`deep` never gets a prompt: `o3` before it takes all"),
        (("--trigger", "other"), ""),
    ],
    ids=["a double", "a longer phrase", "before all others", "another phrase"],
)
def test_a_new_rule_is_told_at_once_to_be_odd(
    routed: Program, flags: tuple[str, ...], note: str
) -> None:
    add(routed, "deep")
    said = routed("route", "add", "--model", "o3", *flags)
    assert note in said.err
    assert bool(said.err) == bool(note)
    again = routed("route", "add", "--model", "o3", "--trigger", "last")
    assert "`deep`" not in again.err


def test_a_shipped_trigger_becomes_a_rule(routed: Program) -> None:
    listed = routed("route", "preset")
    assert (listed.code, listed.err) == (0, "")
    shipped = [line.split()[0] for line in listed.out.splitlines()[1:]]
    assert shipped == ["reasoning", "code", "creative", "translate", "math", "quick"]
    said = routed("route", "preset", "add", "translate", "--model", "o3")
    assert said.out.startswith("added rule translate (")
    for text in ("翻译这句话", "Translate this"):
        assert routed("route", "test", "--json", text).json()["rule"] == "translate"
    again = routed("route", "preset", "add", "translate", "--model", "o3")
    taken = "error: there is a rule `translate` already\n\nhint: aigw route add --name translate-2 "
    assert (again.code, again.err.startswith(taken)) == (2, True)
    unknown = routed("route", "preset", "add", "mathe", "--model", "o3")
    assert unknown.err.startswith("error: there is no preset `mathe`; did you mean `math`?")


def test_comments_and_order_of_a_document_by_hand_survive(routed: Program) -> None:
    file = routed.folder / "gateway.yaml"
    text = file.read_text().replace("autoRouting:", "# my rules\nautoRouting:   # here")
    file.write_text(text)
    add(routed, "deep")
    after = file.read_text()
    assert "# my rules\nautoRouting:   # here\n" in after
    tree = yaml.safe_load(after)
    assert tree["autoRouting"]["rules"] == [{"name": "deep", "trigger": "deep", "model": "o3"}]
