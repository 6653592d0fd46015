"""What is made of `providers.yaml` is up to date, and reading it costs commands next to nothing."""

import subprocess
import sys

from aigw.catalog import COMPILED, every
from aigw.catalog.compile import PAGE, compiled
from aigw.catalog.document import page
from aigw.catalog.source import SOURCE, provider_types

WRITTEN = provider_types(SOURCE.read_text(encoding="utf-8"))


def test_what_the_program_reads_is_what_is_written() -> None:
    assert every() == WRITTEN


def test_the_compiled_file_is_that_of_make_catalog() -> None:
    assert COMPILED.read_text(encoding="utf-8") == compiled(WRITTEN)


def test_the_page_is_that_of_make_catalog() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(WRITTEN)


def test_every_type_is_on_the_page() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert [entry.id for entry in WRITTEN if f"\n| `{entry.id}` | " not in text] == []


def test_finding_a_type_loads_no_slow_library() -> None:
    code = "import sys; from aigw.catalog import every; every(); print(*sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert {"yaml", "difflib", "pathlib"} & set(shown.stdout.split()) == {"pathlib"}
