"""Configurations as Jackson writes them in YAML: every text in double quotes, the rest plain."""

import yaml

from .kube import Object

TAG = "tag:yaml.org,2002:"


def dump(configurations: Object | None) -> str:
    """Give the YAML of a plugin's configuration, "" for none."""
    if not configurations:
        return ""
    text: str = yaml.serialize(
        _node(configurations), Dumper=yaml.SafeDumper, allow_unicode=True, width=80
    )
    return text.strip()


def _node(value: object) -> yaml.Node:
    if isinstance(value, dict):
        pairs = [(_scalar("str", str(key)), _node(item)) for key, item in value.items()]
        return yaml.MappingNode(f"{TAG}map", pairs, flow_style=False)
    if isinstance(value, list):
        return yaml.SequenceNode(f"{TAG}seq", [_node(item) for item in value], flow_style=False)
    if isinstance(value, str):
        return _scalar("str", value, "|" if "\n" in value else '"')
    if value is None:
        return _scalar("null", "null")
    if isinstance(value, bool):
        return _scalar("bool", str(value).lower())
    return _scalar("int" if isinstance(value, int) else "float", str(value))


def _scalar(tag: str, text: str, style: str | None = None) -> yaml.Node:
    return yaml.ScalarNode(TAG + tag, text, style=style)
