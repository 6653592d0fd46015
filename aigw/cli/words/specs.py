"""How a check of a document reads."""

from aigw.cli.words.shared import odd
from aigw.operations.specs import SpecChecked


def spec_checked(checked: SpecChecked) -> str:
    """Say that a document can be used, and what is odd."""
    head = f"{checked.source} is fine: {checked.providers} providers, {checked.rules} rules"
    return "\n".join((head, *odd(checked.lints)))
