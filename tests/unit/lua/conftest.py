"""Both Luas that carry the program."""

import pytest

from tests.unit.lua.program import PROGRAMS, Program


@pytest.fixture(params=PROGRAMS.values(), ids=list(PROGRAMS))
def program(request: pytest.FixtureRequest) -> Program:
    """The module under one Lua and then the other."""
    assert isinstance(request.param, Program)
    return request.param
