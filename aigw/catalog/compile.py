"""Make `providers.json`, which the program reads, of `providers.yaml` (`make catalog`)."""

import json
from collections.abc import Iterable
from dataclasses import asdict

from aigw.catalog import COMPILED
from aigw.catalog.provider_type import ProviderType
from aigw.catalog.source import SOURCE, provider_types


def compiled(types: Iterable[ProviderType]) -> str:
    """Return the JSON text: the fields of each type by its id, an entry a line."""
    entries = {entry.id: asdict(entry) for entry in types}
    lines = (
        json.dumps({type_id: entry}, ensure_ascii=False, separators=(",", ":"))[1:-1]
        for type_id, entry in entries.items()
    )
    return "{\n" + ",\n".join(lines) + "\n}\n"


def main() -> None:
    """Compile the catalogue of this checkout."""
    types = provider_types(SOURCE.read_text(encoding="utf-8"))
    COMPILED.write_text(compiled(types), encoding="utf-8")


if __name__ == "__main__":
    main()
