"""Files of an old store that would stop the API server of a new one: left behind, and named."""

from pathlib import PurePosixPath

from msgspec.structs import replace

from aigw.rendering.higress_checks import KINDS, problems
from aigw.rendering.store_yaml import load
from aigw.rendering.template import Tree
from aigw.spec.legacy import Meaning
from aigw.state.store_reading import Store


def sound(understood: Meaning, store: Store) -> Meaning:
    """Keep only what the API server can read: one file that it cannot keeps it from starting."""
    findings = understood.findings
    wrong = {path: _problem(path, store.contents[path]) for path in understood.files}
    for path, words in wrong.items():
        if words:
            findings.refuse(path, words)
    findings.kept[:] = [one for one in findings.kept if not wrong.get(one.what)]
    return replace(understood, files=tuple(path for path in understood.files if not wrong[path]))


def _problem(path: str, content: bytes) -> str:
    """Say why a file is not sound; empty where it is. No value of it is repeated."""
    try:
        body = load(content.decode())
    except (ValueError, RecursionError):
        return "the API server could not read it, and so not start"
    folder = PurePosixPath(path).parts[0]
    if folder not in KINDS:
        return ""
    found = next(problems({f"{folder}/any.yaml": _nameless(body)}), None)
    return f"{found.path.partition(': ')[2] or 'it'} {found.message}" if found else ""


def _nameless(body: dict[str, Tree]) -> dict[str, Tree]:
    """Leave out what the file's own name decides, and fill in what may be missing."""
    metadata, spec = body.get("metadata") or {}, body.get("spec")
    plain = {name: value for name, value in body.items() if name not in {"metadata", "spec"}}
    if isinstance(metadata, dict):
        metadata = {name: value for name, value in metadata.items() if name != "name"}
    if isinstance(spec, dict) or not spec:
        spec = {"url": "", **(spec if isinstance(spec, dict) else {})}
    return {**plain, "metadata": metadata, "spec": spec}
