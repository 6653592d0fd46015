"""`gateway.yaml` itself: shown and checked."""

import os
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from aigw.errors import Problem
from aigw.operations.world import World
from aigw.spec.checking import lints
from aigw.spec.reading import parse
from aigw.spec.writing import to_tree
from aigw.state.document import load, load_tree
from aigw.state.reading import read_text
from aigw.state.writing import entries

BLOCKS = frozenset(
    {
        ("listen",),
        ("providers",),
        ("providers", "*"),
        ("autoRouting",),
        ("autoRouting", "rules"),
    }
)


class SpecShown(Struct, frozen=True, kw_only=True):
    """A gateway's document: where it is, what it says with every default, and as YAML."""

    gateway: str
    path: str
    spec: Mapping[str, object]
    text: str


class SpecChecked(Struct, frozen=True, kw_only=True):
    """A document that can be used, and what is odd about it."""

    source: str
    providers: int
    rules: int
    lints: tuple[Problem, ...]


def show_spec(world: World, gateway: str) -> SpecShown:
    """Return the document with its defaults filled in."""
    paths = world.home.existing(gateway)
    tree = to_tree(load(paths, rules=False), defaults=True)
    text = entries(tree, (), BLOCKS, indent=0).rstrip("\n")
    return SpecShown(gateway=gateway, path=os.fspath(paths.spec), spec=tree, text=text)


def show_file(world: World, gateway: str) -> SpecShown:
    """Return the document word for word, whether or not it can be used; `spec` is empty."""
    path = world.home.existing(gateway).spec
    text = read_text(path).rstrip("\n")
    return SpecShown(gateway=gateway, path=os.fspath(path), spec={}, text=text)


def check_spec(world: World, gateway: str, *, file: Path | None) -> SpecChecked:
    """Check a file, or the gateway's own document; raises SpecInvalid with all that is wrong."""
    path = file or world.home.existing(gateway).spec
    spec = parse(load_tree(path), source=os.fspath(path))
    return SpecChecked(
        source=os.fspath(path),
        providers=len(spec.providers),
        rules=len(spec.auto_routing.rules),
        lints=lints(spec),
    )
