"""What only Python meets of the recipe; all else is in tests/unit/lua/test_text.py, for both."""

import pytest

from aigw.spec.prompt import MAX_PROMPT_BYTES, prompt_of


@pytest.mark.parametrize("body", [None, "hi", 5, [], {}, [{"role": "user", "content": "hi"}]])
def test_what_is_no_request_has_no_prompt(body: object) -> None:
    assert prompt_of(body) == ""


def test_the_limit_is_one_mebibyte_of_utf8() -> None:
    assert len(prompt_of({"input": "é" * MAX_PROMPT_BYTES}).encode()) == MAX_PROMPT_BYTES == 2**20
