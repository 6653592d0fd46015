"""The key of a consumer: as it is sent and shown, and as key-auth keeps it."""

from .allow_lists import PLUGIN
from .errors import IllegalArgument, ValidationException
from .jackson import read
from .kube import Object

SHAPE = {"type": str, "source": str, "key": str, "values": [str]}
BEARER = "Bearer "
HEADER = "Authorization"
KEYED = {"BEARER": False, "HEADER": True, "QUERY": True}


def shaped(credential: Object) -> Object:
    """Read a credential that was sent."""
    shape: Object = read(credential, SHAPE)
    return shape


def _blank(text: str | None) -> bool:
    return not (text or "").strip()


def validate(credential: Object, *, update: bool) -> None:
    """Refuse a credential without source, without the name it needs, or without values."""
    source = credential["source"]
    if _blank(source):
        raise ValidationException("source cannot be blank.")
    if source not in KEYED:
        raise ValidationException(f"unknown source value: {source}")
    if KEYED[source] and _blank(credential["key"]):
        raise ValidationException("key cannot be blank.")
    if not update and not credential["values"]:
        raise ValidationException("value cannot be blank.")


def stored(credential: Object) -> Object:
    """Give a credential as key-auth keeps it: a bearer's value is the whole header."""
    bearer, query = credential["source"] == "BEARER", credential["source"] == "QUERY"
    values = [BEARER + value if bearer else value for value in credential["values"]]
    return {
        "keys": [HEADER if bearer else credential["key"]],
        "credentials": values,
        "in_header": not query,
        "in_query": query,
    }


def parsed(entry: Object) -> Object | None:
    """Read a credential as key-auth keeps it, None for what the console does not understand."""
    names = entry.get("keys")
    keys = [name for name in names if isinstance(name, str)] if isinstance(names, list) else []
    keys = [name for name in keys if name.strip()]
    source = _source(entry)
    if not keys or source is None:
        return None
    found = {"type": PLUGIN, "source": source, "key": keys[-1], "values": _values(entry)}
    return _as_bearer(found) if source == "HEADER" and keys[-1] == HEADER else found


def _source(entry: Object) -> str | None:
    if entry.get("in_header") is True:
        return "HEADER"
    return "QUERY" if entry.get("in_query") is True else None


def _as_bearer(found: Object) -> Object:
    if not all(value.startswith(BEARER) for value in found["values"]):
        return found
    values = [value.removeprefix(BEARER).strip() for value in found["values"]]
    return found | {"source": "BEARER", "key": None, "values": values}


def _values(entry: Object) -> list[str]:
    found = entry.get("credentials")
    values = [one for one in found if isinstance(one, str)] if isinstance(found, list) else []
    single = entry.get("credential")
    return (
        [*values, single]
        if isinstance(single, str) and single.strip() and single not in values
        else values
    )


def merged(credential: Object, entry: Object) -> Object:
    """Fill what was not sent from what is there."""
    old = parsed(entry) or {}
    texts = {
        field: old.get(field) if _blank(credential[field]) else credential[field]
        for field in ("source", "key")
    }
    return credential | texts | {"values": credential["values"] or old.get("values")}


def refuse_same(credential: Object, entry: Object) -> None:
    """Refuse a credential that another consumer has."""
    other = parsed(entry) or {}
    same = (credential["source"] or "").upper() == other["source"] and credential["key"] == other[
        "key"
    ]
    if same and set(credential["values"] or []) & set(other["values"]):
        raise IllegalArgument(f"Key auth credential already in use by consumer: {entry['name']}")
