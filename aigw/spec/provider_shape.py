"""The shape of one provider in a `gateway.yaml`."""

from aigw import catalog
from aigw.catalog.options import OptionValue
from aigw.catalog.provider_type import OptionField, ProviderType
from aigw.spec.forms import (
    CONTROL,
    END,
    ID,
    KEY_SOURCE,
    LONGEST_OPTION,
    MODEL,
    MODEL_PATTERN,
    MOST_FALLBACKS,
    MOST_KEYS,
    MOST_MAPPED,
    MOST_OPTIONS,
    MOST_PATTERNS,
    URL,
    Form,
)
from aigw.spec.node import Node
from aigw.spec.provider import Fallback, ModelPattern, Provider
from aigw.spec.secret import FromEnvironment, FromFile, KeySource, Stored

PROVIDER_KEYS = ("id", "type", "models", "keys", "url", "modelMap", "fallback", "options")
FALLBACK_KEYS = ("provider", "model")
NO_KEY_HERE = "is unknown; a key never stands here: `aigw config add --key-stdin` keeps it"
ADVICE = dict.fromkeys(("key", "apiKey", "api_key", "apiTokens", "token", "secret"), NO_KEY_HERE)
LARGEST_NUMBER = 2**53 - 1


def read_provider(node: Node) -> Provider:
    """Read one item of `providers`; its default patterns are still to be settled."""
    at = node.fields(PROVIDER_KEYS, ADVICE)
    ptype = _type(at["type"].required())
    return Provider(
        id=at["id"].required().text(ID),
        type=ptype.id if ptype else "",
        models=tuple(
            ModelPattern(item.required().text(MODEL_PATTERN))
            for item in at["models"].items(MOST_PATTERNS)
        ),
        patterns_given=not at["models"].absent,
        keys=tuple(
            key_source(item.required().text(KEY_SOURCE)) for item in at["keys"].items(MOST_KEYS)
        ),
        url=at["url"].text(URL),
        model_map={
            name.text(MODEL): upstream.required().text(MODEL)
            for name, upstream in at["modelMap"].entries(MOST_MAPPED)
        },
        options=_options(at["options"], ptype),
        fallback=tuple(_fallback(item.required()) for item in at["fallback"].items(MOST_FALLBACKS)),
    )


def key_source(text: str) -> KeySource:
    """Return what `store`, `env:VARIABLE` or `file:PATH` means."""
    kind, _, where = text.partition(":")
    match kind:
        case "env":
            return FromEnvironment(where)
        case "file":
            return FromFile(where)
        case _:
            return Stored()


def option_form(field: OptionField) -> Form:
    """Return the form of an option's text."""
    pattern = field.pattern.removeprefix("^").removesuffix("$")
    return Form(
        pattern=rf"^(?:{pattern}){END}" if pattern else rf"^[^{CONTROL}]*{END}",
        longest=LONGEST_OPTION,
        must=f"has another form: {field.help}" if pattern else "must not hold control characters",
        shortest=0,
    )


def option_bounds(field: OptionField) -> tuple[int, int]:
    """Return the least and the most that a number may be."""
    least = -LARGEST_NUMBER if field.minimum is None else field.minimum
    return least, LARGEST_NUMBER if field.maximum is None else field.maximum


def _fallback(node: Node) -> Fallback:
    at = node.fields(FALLBACK_KEYS)
    return Fallback(provider=at["provider"].required().text(ID), model=at["model"].text(MODEL))


def _type(node: Node) -> ProviderType | None:
    if not isinstance(node.value, str):
        if not node.absent:
            node.refuse("must be the text of a provider type")
        return None
    ptype = catalog.find(node.value)
    if ptype and node.value in ptype.names():
        return ptype
    near = (ptype.id,) if ptype else catalog.near(node.value[:100])
    meant = f"; did you mean {' or '.join(f'`{name}`' for name in near)}?" if near else ""
    node.refuse(f"is no provider type{meant} (`aigw config providers` lists them)")
    return None


def _options(node: Node, ptype: ProviderType | None) -> dict[str, OptionValue]:
    if ptype is None:
        node.entries(MOST_OPTIONS)
        return {}
    at = node.fields([field.name for field in ptype.options])
    values = {}
    for field in ptype.options:
        place = at[field.name]
        if place.absent:
            _check_required(node, field)
        else:
            values[field.name] = _option(place, field)
    return values


def _check_required(node: Node, field: OptionField) -> None:
    if field.required and (node.absent or isinstance(node.value, dict)):
        node.refuse(f"must have `{field.name}`: {field.help}")


def _option(node: Node, field: OptionField) -> OptionValue:
    match field.kind:
        case "boolean":
            return bool(node.flag())
        case "integer":
            return node.whole(*option_bounds(field)) or 0
        case "list":
            form = option_form(field)
            return tuple(item.required().text(form) for item in node.items(MOST_KEYS))
        case _:
            return node.word(field.choices) if field.choices else node.text(option_form(field))
