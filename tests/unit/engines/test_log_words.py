"""Envoy's own words, out of what it logs."""

from pathlib import Path

import pytest

from aigw.engines.log_words import chosen, complaints, news, size

HEAD = "[2026-11-25 20:36:54.298][8938]"
REFUSED = (
    f"{HEAD}[warning][config] [source/extensions/config_subscription/filesystem.cc:92] "
    "Filesystem config update rejected: invalid perl operator: (?="
)
FAILED = f"{HEAD}[critical][main] [source/server/server.cc:9] error initializing '/x.json': bad"
HARMLESS = f"{HEAD}[info][upstream] [source/common/upstream/cds.cc:31] cds: 1 added"
NOISE = f"{HEAD}[warning][main] [source/server/server.cc:1] There is no configured limit to x"


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([HARMLESS, REFUSED], ["Filesystem config update rejected: invalid perl operator: (?="]),
        ([REFUSED, FAILED], ["error initializing '/x.json': bad"]),
        ([FAILED, FAILED], ["error initializing '/x.json': bad"]),
        ([NOISE, HARMLESS], []),
        (
            [HARMLESS, "envoy: error while loading libraries"],
            ["envoy: error while loading libraries"],
        ),
        ([], []),
    ],
    ids=["a warning", "an error before warnings", "once", "noise", "no level", "nothing"],
)
def test_what_complains_is_picked(lines: list[str], words: list[str]) -> None:
    assert chosen("\n".join(lines)) == words


def test_only_what_is_new_counts(tmp_path: Path) -> None:
    log = tmp_path / "envoy.log"
    log.write_text(f"{FAILED}\n")
    offset = size(log)
    assert complaints(log, offset) == ""
    log.write_text(f"{FAILED}\n{REFUSED}\n")
    assert complaints(log, offset).startswith("Filesystem config update rejected")


def test_a_log_that_was_rotated_meanwhile_is_read_from_its_start(tmp_path: Path) -> None:
    log = tmp_path / "envoy.log"
    log.write_text("new")
    assert news(log, 1000) == "new"


def test_a_log_that_is_not_there_says_nothing(tmp_path: Path) -> None:
    assert size(tmp_path / "envoy.log") == 0
    assert complaints(tmp_path / "envoy.log", 0) == ""
