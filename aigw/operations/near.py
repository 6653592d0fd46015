"""What a misspelt word may have meant."""

from collections.abc import Iterable


def meant(word: str, known: Iterable[str]) -> str:
    """Return a question that names up to two of the known words, or nothing when none is near."""
    from difflib import get_close_matches  # slow to import, and only an error needs it

    near = [f"`{found}`" for found in get_close_matches(word, tuple(known), n=2)]
    return f"; did you mean {' or '.join(near)}?" if near else ""
