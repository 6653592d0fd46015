"""A table on a terminal that is narrower than it is, and everywhere else."""

import pytest
from rich.cells import cell_len

from aigw.cli.output import table

HEADS = ("id", "models", "endpoint")
ROWS = (
    ("openai", "gpt-*, o1*, text-embedding-*", "https://api.openai.com/v1"),
    ("work", "work-*", "https://llm.example/v1"),
    ("qwen", "[qwen] 通义千问大模型 :smile:", "https://dashscope.aliyuncs.com/v1"),
)


def test_a_table_that_does_not_fit_is_folded_at_words() -> None:
    assert table(HEADS, ROWS[:2], 52) == (
        "ID      MODELS             ENDPOINT\n"
        "openai  gpt-*, o1*,        https://api.openai.com/v1\n"
        "        text-embedding-*\n"
        "work    work-*             https://llm.example/v1"
    )


@pytest.mark.parametrize("width", range(24, 80, 5))
def test_a_folded_table_fits_and_nothing_of_it_is_cut(width: int) -> None:
    shown = table(HEADS, ROWS, width)
    assert max(map(cell_len, shown.splitlines())) <= width
    letters = "".join((*(head.upper() for head in HEADS), *(cell for row in ROWS for cell in row)))
    assert sorted("".join(shown.split())) == sorted("".join(letters.split()))


@pytest.mark.parametrize("width", [None, 200], ids=["no terminal", "a wide terminal"])
def test_a_table_that_fits_has_one_record_a_line(width: int | None) -> None:
    head, *records = table(HEADS, ROWS, width).splitlines()
    assert head.split() == ["ID", "MODELS", "ENDPOINT"]
    for line, row in zip(records, ROWS, strict=True):
        assert all(cell in line for cell in row)
