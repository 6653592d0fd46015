"""The gateway's global ConfigMap as the YAML text that the console shows and takes."""

from typing import Any

import yaml

from . import writes
from .errors import ConsoleError, NotFound, ResourceConflict, ValidationException
from .kube import Kube, Object

NAME = "higress-config"
KEYS = ("higress", "mesh", "meshNetworks")
JAVA = "org.yaml.snakeyaml"
BEAN = "io.kubernetes.client.openapi.models.V1ConfigMap"
FIELDS = ("apiVersion", "binaryData", "data", "immutable", "kind", "metadata")


class _Dumper(yaml.SafeDumper):
    """Writes as the Java library does: lines literally, everything else plain or in quotes."""

    def text(self, value: str) -> yaml.ScalarNode:
        """Write a string."""
        style = "|" if "\n" in value else None
        return self.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _Dumper.text)


def read_config(kube: Kube) -> str:
    """Give the ConfigMap as text."""
    found = kube.find("configmaps", NAME)
    if found is None:
        raise NotFound("higress-config is not found.")
    return _text(found)


def _text(found: Object) -> str:
    metadata = {key: found["metadata"].get(key) for key in ("name", "namespace", "resourceVersion")}
    shown = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": found["data"]}
    return yaml.dump(shown, Dumper=_Dumper, sort_keys=False, width=10**6, allow_unicode=True)


def write_config(kube: Kube, text: str) -> str:
    """Write the text over the ConfigMap and give it back."""
    sent = _parse(text or "")
    version = (sent.get("metadata") or {}).get("resourceVersion")
    data = sent.get("data") or {}
    if not version:
        raise ValidationException("Missing resourceVersion in metadata.")
    for key in KEYS:
        if not data.get(key):
            raise ValidationException(f"Missing required config: {key}")
    found = kube.find("configmaps", NAME) or {"metadata": {"name": NAME}}
    if found["metadata"].get("resourceVersion") != version:
        raise ResourceConflict
    stored = writes.replace(kube, "configmaps", {**found, "data": data})
    return _text(stored)


def _parse(text: str) -> dict[str, Any]:
    try:
        sent = yaml.safe_load(text)
        node = yaml.compose(text, yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        raise _unparsable(error) from error
    for key, value in node.value if isinstance(node, yaml.MappingNode) else []:
        if key.value not in FIELDS:
            raise _unknown(key, value)
    return sent if isinstance(sent, dict) else {}


def _unparsable(error: yaml.MarkedYAMLError) -> ConsoleError:
    marks = [
        f"{what}\n{_place(mark)}"
        for what, mark in (
            (error.context, error.context_mark or error.problem_mark),
            (error.problem, error.context_mark or error.problem_mark),
        )
    ]
    kind = "parser.ParserException" if "flow" in str(error.context) else "scanner.ScannerException"
    return ConsoleError("\n".join(marks) + "\n", java=f"{JAVA}.{kind}")


def _place(mark: yaml.Mark | None) -> str:
    snippet = (mark.get_snippet(indent=4) if mark else "") or ""
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    return f" in 'string', line {line}, column {column}:\n{snippet}"


def _unknown(key: yaml.Node, value: yaml.Node) -> ConsoleError:
    fields = "".join(f"    {name}: null\n" for name in FIELDS)
    words = (
        f"Cannot create property={key.value} for JavaBean=class V1ConfigMap {{\n{fields}}}\n"
        f"{_place(key.start_mark)}\nUnable to find property '{key.value}' on class: {BEAN}\n"
        f"{_place(value.start_mark)}\n"
    )
    return ConsoleError(words, java=f"{JAVA}.constructor.ConstructorException")
