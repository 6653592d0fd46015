"""The examples are gateways that start."""

from pathlib import Path

import pytest
import yaml

from aigw.spec.checking import lints
from aigw.spec.gateway import GatewaySpec
from aigw.spec.reading import parse

EXAMPLES = sorted((Path(__file__).parent.parent / "examples").glob("*.yaml"))
"""One a use."""


def spec_of(path: Path) -> GatewaySpec:
    """Read an example as `aigw start --file` does."""
    return parse(yaml.safe_load(path.read_text(encoding="utf-8")), source=path.name)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_read_without_a_complaint(path: Path) -> None:
    assert lints(spec_of(path)) == ()
