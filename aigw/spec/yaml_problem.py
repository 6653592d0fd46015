"""What a YAML parser found wrong, told without any of the text, which may hold keys."""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # slow to import
    import yaml

_SIGNS_AT_MOST = r"(?:[^'\"`]|(['\"`])[^\w\s'\"`]\1)*"


def yaml_problem(error: "yaml.YAMLError") -> str:
    """Return the line and what is wrong there, up to where anything but a sign is quoted."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    said = re.match(_SIGNS_AT_MOST, getattr(error, "problem", None) or "")
    words = (said[0].strip() if said else "") or "it is not YAML"
    return f"line {mark.line + 1}: {words}" if mark else words
