"""What get-ai-gateway.sh leaves behind, for tests: golden folders, and changes of them."""

import shutil
import stat
from pathlib import Path

from aigw.spec.gateway import EngineName
from aigw.spec.legacy import Installation, Meaning, meaning
from aigw.spec.legacy_env import EnvFile, env_file
from aigw.state.secrets import key_problem
from aigw.state.store_reading import read_store
from tests.world import ROOT

HIGRESS = ROOT / "tests" / "fixtures" / "higress"
GOLDEN = HIGRESS / "golden"
AI_PROXY = "wasmplugins/ai-proxy.internal.yaml"
MODEL_ROUTER = "wasmplugins/model-router.internal.yaml"


def old_folder(target: Path, scenario: str, *, cfg: bool = False) -> Path:
    """Make a folder as the script leaves it, modes included; `cfg` adds the env as default.cfg."""
    shutil.copytree(GOLDEN / scenario / "data", target)
    if cfg:
        shutil.copyfile(GOLDEN / scenario / "env", target / "default.cfg")
    for path in (target, *target.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return target


def edit(file: Path, old: str, new: str) -> None:
    """Change a text of a file, which must be there."""
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def understood(folder: Path, *, engine: EngineName = EngineName.HIGRESS) -> Meaning:
    """Read a folder and say what it is."""
    store, config = read_store(folder), folder / "default.cfg"
    env = env_file(config.read_text(encoding="utf-8")) if config.exists() else EnvFile()
    found = Installation(trees=store.trees, env=env, doubles=store.doubles, bad=store.bad)
    return meaning(found, engine=engine, wrong=key_problem)


def image_of(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    """Return mode, time and content of everything in a folder, the folder itself included."""
    return {
        str(path.relative_to(folder)): (
            path.stat().st_mode,
            path.stat().st_mtime_ns,
            path.read_bytes() if path.is_file() else b"",
        )
        for path in (folder, *sorted(folder.rglob("*")))
    }


def readable_by_others(folder: Path) -> list[Path]:
    """Name what others may enter or read, beginning at the folder."""
    if not stat.S_IMODE(folder.stat().st_mode) & 0o077:
        return []
    return [path for path in (folder, *folder.rglob("*")) if path.stat().st_mode & 0o077]
