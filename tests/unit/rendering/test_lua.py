"""Values written as Lua are the same values in Lua."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lupa import lua51, luajit21

from aigw.rendering.lua import Literal, literal, program

scalars = (
    st.text()
    | st.binary()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
)
values = st.recursive(
    scalars,
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
    max_leaves=20,
)


def octets(value: object) -> object:
    """What Lua knows: bytes, numbers, truth values and tables of them; an empty table is one."""
    match value:
        case str():
            return value.encode(errors="surrogatepass")
        case dict():
            return {octets(key): octets(item) for key, item in value.items()}
        case list():
            return {index: octets(item) for index, item in enumerate(value, 1)}
        case _:
            return value


def read(runtime: object, value: object) -> object:
    """Turn a Lua table into a dict."""
    return (
        {key: read(runtime, item) for key, item in value.items()}
        if hasattr(value, "items")
        else value
    )


@pytest.mark.parametrize("lua", [lua51, luajit21], ids=["lua51", "luajit"])
@given(value=values)
def test_a_literal_is_its_value(lua: object, value: Literal) -> None:
    runtime = lua.LuaRuntime(encoding=None)  # type: ignore[attr-defined]
    written = literal(value)
    assert written.isascii()
    assert written.isprintable()
    assert read(runtime, runtime.eval(written.encode())) == octets(value)


@pytest.mark.parametrize("value", [math.inf, math.nan, 2**53 + 1], ids=str)
def test_a_number_that_lua_cannot_hold_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="Lua cannot hold"):
        literal(value)


def test_a_program_is_constants_then_modules_then_the_main_text() -> None:
    source = program(
        {"NAME": "a'b\n"}, {"module": "local x = 2\nreturn {x = x}"}, "return NAME .. module.x"
    )
    assert lua51.LuaRuntime().execute(source) == "a'b\n2"
