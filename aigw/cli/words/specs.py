"""How a check of a document reads."""

from aigw.cli.words.shared import count, odd
from aigw.operations.specs import SpecChecked


def spec_checked(checked: SpecChecked) -> str:
    """Say that a document can be used, and what is odd."""
    providers, rules = count(checked.providers, "provider"), count(checked.rules, "rule")
    head = f"{checked.source} is fine: {providers}, {rules}"
    return "\n".join((head, *odd(checked.lints)))
