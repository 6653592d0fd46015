"""`gateway.yaml`, the truth about a gateway: read strictly, changed where the spec changed."""

import os
from functools import lru_cache
from pathlib import Path

import aigw.spec
from aigw.errors import SpecInvalid, UnknownGateway
from aigw.spec.gateway import GatewaySpec
from aigw.spec.reading import parse
from aigw.spec.writing import to_tree
from aigw.state.files import write_atomically
from aigw.state.paths import GatewayPaths
from aigw.state.reading import Node, compose, plain, read_text
from aigw.state.writing import Blocks, entries

SCHEMA = Path(aigw.spec.__file__).with_name("schema.json")
BLOCKS: Blocks = frozenset(
    {
        ("providers",),
        ("providers", "*"),
        ("autoRouting",),
        ("autoRouting", "rules"),
    }
)


def load_tree(path: Path) -> object:
    """Read a document into dictionaries, lists and scalars; raises SpecInvalid with the line."""
    return plain(compose(read_text(path), source=os.fspath(path)))


def load(paths: GatewayPaths, *, rules: bool = True) -> GatewaySpec:
    """Read a gateway's spec; raises SpecInvalid, and UnknownGateway where there is none yet.

    Without `rules` RE2 is not asked about the patterns of routing rules, which is quicker.
    """
    if not paths.spec.exists():
        raise UnknownGateway(f"gateway `{paths.name}` has no `{paths.spec}`", hint="aigw start")
    return _spec(read_text(paths.spec), os.fspath(paths.spec), rules=rules)


@lru_cache(maxsize=2)  # a change reads its document several times
def _spec(text: str, source: str, *, rules: bool) -> GatewaySpec:
    return parse(plain(compose(text, source=source)), source=source, rules=rules)


def save(paths: GatewayPaths, spec: GatewaySpec, *, base: Path | None = None) -> None:
    """Write a gateway's spec into its document, or a document like `base` where one is given.

    What did not change keeps its comments, order and form. Raises SpecInvalid for a spec that could
    not be read again, and CannotWrite.
    """
    tree = to_tree(spec, defaults=False)
    parse(tree, source=os.fspath(paths.spec))
    text = _changed(base or paths.spec, tree) or _fresh(tree)
    write_atomically(paths.spec, text)


def _fresh(tree: dict[str, object]) -> str:
    header = f"# yaml-language-server: $schema={SCHEMA}\n"
    return header + entries(tree, (), BLOCKS, indent=0)


def _changed(path: Path, tree: dict[str, object]) -> str:
    """Return the document, changed to mean `tree`; empty if that cannot be done."""
    from aigw.state.patching import CannotPatch, patched  # late: only a change needs it

    try:
        text = read_text(path)
        node = compose(text, source="")
        text = patched(text, node, _meaning(node), tree, blocks=BLOCKS)
        return text if _meaning(compose(text, source="")) == tree else ""
    except (SpecInvalid, CannotPatch):
        return ""


def _meaning(node: Node) -> dict[str, object]:
    return to_tree(parse(plain(node), source="", rules=False), defaults=False)
