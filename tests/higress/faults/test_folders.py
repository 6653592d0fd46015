"""Where a data folder is, what else is in it, how full its disk is: told, and nothing is lost."""

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from tests.higress import image
from tests.higress.faults.faulty import expect_well, problems
from tests.higress.higress_machine import KEY, HigressMachine, openai
from tests.higress.upstreams import Upstream

pytestmark = pytest.mark.docker


def test_a_folder_of_a_name_that_needs_quotes_serves(tmp_path: Path, upstream: Upstream) -> None:
    folder = tmp_path / "a b'c\"d,e$f [ü名] #%s\\n"
    with HigressMachine(folder=tmp_path, name="f-odd") as one:
        file = str(one.document(openai(upstream)))
        one.start("--file", file, "--openai-key", KEY, "--data-folder", str(folder))
        assert one.ask("gpt-4o")[0] == 200
        assert (folder / "gateway.yaml").exists()
        evil = folder / "higress" / "configmaps" / "evil.yaml"
        evil.write_text("a: [")
        hint = problems(one)["store_broken"]["hint"]
        subprocess.run(["sh", "-c", hint], check=True)
        assert "store_broken" not in problems(one)
        one.run("delete", "--purge", "--yes")
        assert one.containers() == []


def test_a_folder_that_docker_cannot_mount_is_refused_before_anything_is_made(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "a:b"
    with HigressMachine(folder=tmp_path, name="f-colon") as one:
        refused = one.start("--data-folder", str(folder), expect=None)
        assert refused.code in {1, 2, 5}, refused
        assert "an error that should not happen" not in refused.err
        assert f"`{folder}" in refused.err
        assert one.containers() == []


def test_a_document_of_a_newer_aigw_is_left_alone_while_it_serves(
    machine: HigressMachine, upstream: Upstream
) -> None:
    spec = machine.data / "gateway.yaml"
    kept = spec.read_text()
    spec.write_text(kept.replace("aigw/v1", "aigw/v9"))
    newer, born = spec.read_bytes(), machine.born()
    try:
        for words in (("start", "--non-interactive"), ("restart",), ("route", "off")):
            refused = machine.run(*words, expect=3)
            assert "aigw/v9" in refused.err
        assert problems(machine)["spec_invalid"]["hint"] == "aigw config check"
        assert (machine.born(), machine.ask("gpt-4o")[0]) == (born, 200)
        assert spec.read_bytes() == newer
    finally:
        spec.write_text(kept)
    expect_well(machine, upstream)


def test_a_folder_that_the_container_cannot_write_is_told_before_anything_starts(
    machine: HigressMachine, tmp_path: Path
) -> None:
    """So it is where root is mapped to somebody else: here the image itself has another user."""
    tag, recipe = "f-other-user", f"FROM {image.standin()}\nUSER 12345\n"
    images: Any = machine.client.images
    images.build(fileobj=BytesIO(recipe.encode()), tag=f"{image.REPOSITORY}:{tag}", rm=True)
    try:
        with HigressMachine(folder=tmp_path, name="f-other-user") as one:
            keyed = ("--openai-key", KEY)
            refused = one.start(*keyed, "--image-tag", tag, expect=1)
            assert f"a container cannot write to `{one.data}/higress`: " in refused.err
            assert one.containers() == []
            one.start(*keyed, "--image-tag", image.standin().partition(":")[2])
            assert one.run("status", "--json").json()["state"] == "running"
    finally:
        images.remove(f"{image.REPOSITORY}:{tag}", force=True)


@contextmanager
def disk(place: Path, size: str) -> Iterator[Path]:
    """Have a disk of that size at a place."""
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "f-test", place], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)


def test_a_disk_that_is_full_costs_a_change_and_nothing_else(
    tmp_path: Path, upstream: Upstream
) -> None:
    with (
        disk(tmp_path / "disk", "8m") as place,
        HigressMachine(folder=tmp_path, name="f-full") as one,
    ):
        file = str(one.document(openai(upstream)))
        one.start("--file", file, "--openai-key", KEY, "--data-folder", str(place / "data"))
        kept = {
            name: (one.data / name).read_bytes() for name in ("gateway.yaml", "credentials.yaml")
        }
        filler = place / "filler"
        with filler.open("wb", buffering=0) as out, suppress(OSError):
            while out.write(b"x" * 4096):
                pass
        add = ("config", "add", "--provider", "groq", "--key", "sk-groq-0123456789", "--no-check")
        refused = one.run(*add, expect=None)
        assert refused.code in {1, 5}, refused
        assert "an error that should not happen" not in refused.err
        assert "no space is left on the disk" in refused.err
        assert {name: (one.data / name).read_bytes() for name in kept} == kept
        assert one.ask("gpt-4o")[0] == 200
        filler.unlink()
        one.start()
        one.run(*add)
        assert one.run("status", "--json").json()["state"] == "running"
        one.run("delete", "--purge", "--yes")


READ_ONLY = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"'


class ReadOnly(HigressMachine):
    """A machine whose commands may not write to the gateway's folder while `closed` is set."""

    closed = False

    def command(self, *arguments: str) -> Sequence[str]:
        """Spell a command in a view of its own on the disks."""
        words = super().command(*arguments)
        if not self.closed:
            return words
        return ("unshare", "--mount", "sh", "-c", READ_ONLY, str(self.data), *words)


def test_a_folder_that_cannot_be_written_costs_a_change_and_nothing_else(
    tmp_path: Path, upstream: Upstream
) -> None:
    with ReadOnly(folder=tmp_path, name="f-read-only") as one:
        one.start("--file", str(one.document(openai(upstream))), "--openai-key", KEY)
        one.closed = True
        for words in (("start", "--non-interactive"), ("route", "default", "gpt-4o"), ("stop",)):
            refused = one.run(*words, expect=None)
            assert refused.code in {0, 1}, refused
            assert "an error that should not happen" not in refused.err
            assert refused.code == 0 or "read-only" in refused.err
        assert one.ask("gpt-4o")[0] == 200
        assert one.run("status", "--json").json()["state"] == "running"
        one.closed = False
        expect_well(one, upstream)
