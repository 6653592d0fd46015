"""Images that need no registry: a few programs of this machine and the libraries they load."""

import io
import re
import shutil
import subprocess
import tarfile
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

PROGRAMS = ("sh", "cat", "sleep", "id", "touch", "env", "head")


@cache
def root() -> bytes:
    """Return a root file system as a tar."""
    paths = [Path(found) for name in PROGRAMS if (found := shutil.which(name))]
    files = {f"bin/{path.name}": path.resolve().read_bytes() for path in paths}
    for path in paths:
        for library in _libraries(path):
            files[str(library).lstrip("/")] = library.read_bytes()
    return tar({**files, "data/one.yaml": b"one\n", "data/deep/two.yaml": b"two\n"})


def tar(files: Mapping[str, bytes], *, extra: Iterable[tarfile.TarInfo] = ()) -> bytes:
    """Pack files; the same files give the same bytes."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, content in sorted(files.items()):
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(content), 0o755
            archive.addfile(member, io.BytesIO(content))
        for member in extra:
            archive.addfile(member)
    return packed.getvalue()


def _libraries(program: Path) -> list[Path]:
    said = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    return [Path(path) for path in re.findall(r"(/\S+) \(0x", said)]
