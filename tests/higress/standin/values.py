"""The type of what is read from JSON and YAML."""

from typing import Any

Json = Any
