"""What the console checks of a route's predicates."""

from .errors import ValidationException
from .kube import Object

TYPES = {"EQUAL", "PRE", "REGULAR"}


def check(predicate: Object) -> None:
    """Refuse a predicate without type or value; the type counts in any case of letters here."""
    if predicate["matchType"] is None:
        raise ValidationException("matchType is required")
    if predicate["matchType"].upper() not in TYPES:
        raise ValidationException(f"Unknown matchType: {predicate['matchType']}")
    if predicate["matchValue"] is None:
        raise ValidationException("matchValue is required")


def check_keyed(predicates: list[Object] | None, *, where: str = "") -> None:
    """Refuse predicates on headers or query parameters with anything but printable ASCII."""
    for predicate in predicates or []:
        check(predicate)
        key, value = predicate["key"], predicate["matchValue"]
        if not all(
            text is None or (text.isascii() and text.isprintable()) for text in (key, value)
        ):
            raise ValidationException(
                f"Route {where}predicate contains non-ASCII characters:"
                f" key={key}, matchValue={value}"
            )
