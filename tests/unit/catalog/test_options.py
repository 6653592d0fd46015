"""Which values an option takes, and what a text given for it means."""

import pytest
from msgspec.structs import replace

from aigw.catalog.options import OptionValue, option_problem, option_value
from aigw.catalog.provider_type import OptionField
from aigw.errors import BadUsage

TEXT = OptionField(
    name="x",
    kind="string",
    default=None,
    required=False,
    choices=(),
    pattern="",
    minimum=None,
    maximum=None,
    flags=(),
    variables=(),
    help="a host",
    engines=("envoy",),
)
HOST = replace(TEXT, pattern=r"^[a-z.]+$")
MODE = replace(TEXT, choices=("v1", "v2"))
SWITCH = replace(TEXT, kind="boolean")
PORT = replace(TEXT, kind="integer", minimum=1, maximum=65535)
LIST = replace(TEXT, kind="list")


@pytest.mark.parametrize(
    ("option", "value", "problem"),
    [
        (TEXT, "x", ""),
        (TEXT, "", ""),
        (TEXT, 1, "must be a text"),
        (TEXT, None, "must be a text"),
        (TEXT, "a\nb", "holds a control character"),
        (TEXT, "a\x00b", "holds a control character"),
        (TEXT, "深入", ""),
        (TEXT, "x" * 4097, "has 4097 characters; 4096 is the most"),
        (HOST, "api.z.ai", ""),
        (HOST, "https://api.z.ai", "cannot be `https://api.z.ai`: a host"),
        (HOST, "api.z.ai\n", "holds a control character"),
        (MODE, "v2", ""),
        (MODE, "v3", "must be one of v1, v2"),
        (SWITCH, True, ""),
        (SWITCH, "true", "must be true or false"),
        (SWITCH, 1, "must be true or false"),
        (PORT, 11434, ""),
        (PORT, 0, "must be at least 1"),
        (PORT, 65536, "must be at most 65535"),
        (PORT, True, "must be a whole number"),
        (PORT, 1.5, "must be a whole number"),
        (LIST, ["a", "b"], ""),
        (LIST, ("a",), ""),
        (LIST, "a", "must be a list of texts"),
        (LIST, ["a", 1], "must be a list of texts"),
        (LIST, ["a", "b\t"], "holds a control character"),
        (LIST, {"a": 1}, "must be a list of texts"),
    ],
    ids=lambda value: repr(value)[:30] if not isinstance(value, OptionField) else value.kind,
)
def test_a_value_is_taken_or_its_problem_told(
    option: OptionField, value: object, problem: str
) -> None:
    assert option_problem(option, value) == problem


@pytest.mark.parametrize(
    ("option", "text", "value"),
    [
        (TEXT, ' a=b, "c" $(d) \'', ' a=b, "c" $(d) \''),
        (SWITCH, "true", True),
        (SWITCH, "No", False),
        (SWITCH, "1", True),
        (PORT, "8080", 8080),
        (LIST, "a, b,,c ", ("a", "b", "c")),
        (LIST, "", ()),
    ],
    ids=lambda value: repr(value)[:20] if not isinstance(value, OptionField) else value.kind,
)
def test_a_text_means_a_value(option: OptionField, text: str, value: OptionValue) -> None:
    meant = option_value(option, text)
    assert (meant, type(meant)) == (value, type(value))


@pytest.mark.parametrize(
    ("option", "text", "message"),
    [
        (SWITCH, "maybe", "option `x` must be true or false"),
        (PORT, "http", "option `x` must be a whole number"),
        (PORT, "0", "option `x` must be at least 1"),
        (PORT, "9" * 5000, "option `x` must be a whole number"),
        (MODE, "V1", "option `x` must be one of v1, v2"),
        (HOST, "a/b", "option `x` cannot be `a/b`: a host"),
    ],
    ids=lambda value: repr(value)[:20] if not isinstance(value, OptionField) else value.kind,
)
def test_a_text_that_means_none_is_refused(option: OptionField, text: str, message: str) -> None:
    with pytest.raises(BadUsage) as refused:
        option_value(option, text)
    assert refused.value.message == message
