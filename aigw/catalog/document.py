"""The page `docs/providers.md`, made of the catalogue."""

from collections.abc import Iterable, Iterator

from aigw.catalog.provider_type import OptionField, ProviderType

HEAD = """\
# Providers

This page is made of `aigw/catalog/providers.yaml` by `make catalog`. `aigw config providers` shows
the list in the terminal, `aigw config providers TYPE` all about one type. The known models with
their sizes and dated prices are in the file.

## What can be added

`aigw config add --provider TYPE` takes the type or one of its other names. The variables are read
where no key is given. Models are the default patterns; `ID/MODEL` reaches every model of a
provider without any.
"""

OPTIONS = """\
## Options

Given with `--set NAME=VALUE`, or by a flag of `aigw start` or a variable where one is named.
"""

ADDING = """\
## Add a provider

1. Write one entry in `aigw/catalog/providers.yaml`; its top says what each field means. For a
   service that speaks OpenAI's API this is enough:

   ```yaml
   - id: acme
     label: {en: Acme AI, zh: Acme AI}
     key: {variables: [ACME_API_KEY], flags: [--acme-key]}
     models_flags: [--acme-models]
     base_url: https://api.acme.example/v1
     auth: bearer
     endpoints:
       chat: ./chat/completions
       models: ./models
     patterns: ["acme-*"]
   ```

2. `make catalog` writes `providers.json` and this page.
3. Write what the provider must see, from its own documentation, in
   `tests/fixtures/provider_requests.yaml`; a type without a row there fails the tests.

Flags, questions, `config providers`, checks, `/v1/models` and the engines need no other change.
"""

Row = tuple[str, ...]


def page(types: Iterable[ProviderType]) -> str:
    """Return the whole page."""
    entries = tuple(types)
    sections = (
        HEAD,
        _table(
            ("type", "provider", "other names", "key variables", "APIs", "models"),
            map(_row, entries),
        ),
        OPTIONS,
        _table(("type", "option", "values", "default", "engines", "for"), _options(entries)),
        "## What an engine cannot run\n",
        _table(("type", "engine", "why", "instead"), _refusals(entries)),
        "## Good to know\n",
        "".join(_notes(entries)),
        ADDING,
    )
    return "\n".join(sections)


def _table(head: Row, rows: Iterable[Row]) -> str:
    lines = (head, tuple("---" for _ in head), *rows)
    return "".join("| " + " | ".join(map(_cell, line)) + " |\n" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _row(entry: ProviderType) -> Row:
    return (
        f"`{entry.id}`",
        ", ".join(dict.fromkeys((entry.label_en, entry.label_zh))),
        _code(entry.aliases),
        _code(entry.key_variables) + ("" if entry.key_required else " (works without a key)"),
        ", ".join(entry.endpoints) or "none",
        _code(entry.patterns),
    )


def _options(entries: Iterable[ProviderType]) -> Iterator[Row]:
    for entry in entries:
        for field in entry.options:
            yield (
                f"`{entry.id}`",
                _code((field.name, *field.flags, *field.variables)),
                _code(field.choices) or field.kind,
                "required" if field.required else _default(field),
                ", ".join(field.engines),
                field.help,
            )


def _default(field: OptionField) -> str:
    match field.default:
        case None:
            return "none"
        case bool(switch):
            return _code((str(switch).lower(),))
        case value:
            return _code((str(value),))


def _refusals(entries: Iterable[ProviderType]) -> Iterator[Row]:
    for entry in entries:
        for engine, reason in entry.engines.items():
            if reason:
                yield (f"`{entry.id}`", engine, reason, entry.instead)


def _notes(entries: Iterable[ProviderType]) -> Iterator[str]:
    """Give what a person should know of each type, a list item each; refusals have told theirs."""
    for entry in entries:
        instead = "" if any(entry.engines.values()) else entry.instead
        for text in filter(None, (entry.warning, instead, *entry.notes)):
            yield f"- `{entry.id}`: {text}\n"


def _code(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)
