import gzip
import json
import tarfile
from pathlib import Path

import pytest

from aigw.clients.docker_files import files, image_names
from aigw.errors import DockerRefused, ImageMissing
from tests.docker.tiny import tar


def link(name: str, target: str, *, kind: bytes = tarfile.SYMTYPE) -> tarfile.TarInfo:
    """Make a member that points elsewhere."""
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, target
    return member


def saved(*names: str | None) -> bytes:
    """Make an archive as `docker save` does; None is an image without a name."""
    listed = [{"Config": "c.json", "RepoTags": [name] if name else None} for name in names]
    return tar({"manifest.json": json.dumps(listed).encode(), "layer.tar": b"x" * 5000})


def test_files_are_named_from_the_folder_that_was_asked_for() -> None:
    packed = tar({"conf/a.yaml": b"a", "conf/deep/b": b"b"})
    assert files([packed[:700], packed[700:]], doing="") == {"a.yaml": b"a", "deep/b": b"b"}


def test_one_file_has_its_own_name() -> None:
    assert files([tar({"a.yaml": b"a"})], doing="") == {"a.yaml": b"a"}


def test_what_leads_elsewhere_is_left_out() -> None:
    links = [link("c/link", "/etc/passwd"), link("c/hard", "/etc/passwd", kind=tarfile.LNKTYPE)]
    device = [link("c/dev", "", kind=tarfile.CHRTYPE), link("c/pipe", "", kind=tarfile.FIFOTYPE)]
    packed = tar({"../out": b"x", "/etc/cron": b"x", "c/../../x": b"x"}, extra=[*links, *device])
    assert files([packed], doing="") == {}


def test_what_is_no_archive_or_too_big_is_refused() -> None:
    with pytest.raises(DockerRefused, match="copying: what Docker sent is no archive"):
        files([b"nonsense" * 200], doing="copying")
    with pytest.raises(DockerRefused, match="copying: there are more than 64 MiB"):
        files((bytes(1024 * 1024) for _ in range(65)), doing="copying")


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["tar", "tar.gz"])
def test_the_images_in_an_archive_are_named(tmp_path: Path, pack: type[bytes]) -> None:
    path = tmp_path / "image"
    path.write_bytes(pack(saved("a/b:1", None)))
    assert image_names(path) == ("a/b:1", "")


def test_an_archive_of_an_oci_layout_names_its_images(tmp_path: Path) -> None:
    path = tmp_path / "image.tar"
    annotated = {"annotations": {"io.containerd.image.name": "a/b:1"}}
    path.write_bytes(tar({"index.json": json.dumps({"manifests": [annotated, {}]}).encode()}))
    assert image_names(path) == ("a/b:1", "")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"nonsense" * 1000, "`{path}` is no image archive"),
        (b"", "`{path}` is no image archive"),
        (saved("a:1")[:3000], "image archive `{path}` is cut short"),
        (gzip.compress(saved("a:1"))[:90], "image archive `{path}` is cut short"),
        (gzip.compress(saved("a:1"))[:5], "image archive `{path}` is cut short"),
        (tar({"etc/passwd": b"x"}), "archive `{path}` holds no image"),
        (saved(), "archive `{path}` holds no image"),
        (tar({"manifest.json": b"{"}), "image archive `{path}` has a list of images that is none"),
        (tar({"manifest.json": b"3"}), "image archive `{path}` has a list of images that is none"),
        (tar({"index.json": b"[]"}), "image archive `{path}` has a list of images that is none"),
    ],
    ids=["noise", "empty", "cut", "cut gz", "gz head", "no list", "none", "half", "odd", "odd oci"],
)
def test_what_cannot_be_loaded_is_refused_before_docker_sees_it(
    tmp_path: Path, content: bytes, words: str
) -> None:
    path = tmp_path / "image"
    path.write_bytes(content)
    with pytest.raises(ImageMissing) as error:
        image_names(path)
    assert error.value.message == words.format(path=path)


def test_a_file_that_is_not_there_or_no_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(ImageMissing, match="there is no image archive"):
        image_names(tmp_path / "nothing")
    with pytest.raises(ImageMissing, match="cannot be read: is a directory"):
        image_names(tmp_path)
