"""Make all that is made of `providers.yaml` (`make catalog`).

That is `providers.json`, which the program reads, and `docs/providers.md`.
"""

import json
from collections.abc import Iterable

from msgspec import to_builtins

from aigw.catalog import COMPILED
from aigw.catalog.document import page
from aigw.catalog.provider_type import ProviderType
from aigw.catalog.source import SOURCE, provider_types

PAGE = SOURCE.parents[2] / "docs" / "providers.md"


def compiled(types: Iterable[ProviderType]) -> str:
    """Return the JSON text: the fields of each type by its id, an entry a line."""
    entries = {entry.id: to_builtins(entry) for entry in types}
    lines = (
        json.dumps({type_id: entry}, ensure_ascii=False, separators=(",", ":"))[1:-1]
        for type_id, entry in entries.items()
    )
    return "{\n" + ",\n".join(lines) + "\n}\n"


def main() -> None:
    """Compile the catalogue of this checkout."""
    types = provider_types(SOURCE.read_text(encoding="utf-8"))
    COMPILED.write_text(compiled(types), encoding="utf-8")
    PAGE.write_text(page(types), encoding="utf-8")


if __name__ == "__main__":
    main()
