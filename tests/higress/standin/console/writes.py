"""Writing to the API server as the console does: what it writes carries its marks."""

from collections.abc import Callable
from typing import Any

from ..kinds import KINDS
from .errors import ApiException, ResourceConflict
from .kube import Kube, Object

CONFLICT = 409
UNMARKED = {"mcpbridges"}
COMMENT = "PLEASE DO NOT EDIT DIRECTLY. This resource is managed by Higress."


def create(kube: Kube, plural: str, body: Object) -> Object:
    """Write a new object; a name that is taken is the console's 409."""
    return _write(kube.create, plural, body)


def replace(kube: Kube, plural: str, body: Object) -> Object:
    """Write an object over the stored one; a stale version is the console's 409."""
    return _write(kube.replace, plural, body)


def _write(write: Callable[[str, Object], Object], plural: str, body: Object) -> Object:
    kind = KINDS[plural]
    head = {"apiVersion": kind.api_version, "kind": kind.kind}
    marked = {} if plural in UNMARKED else {"metadata": _marked(body)}
    try:
        return write(plural, without_nulls({**head, **body, **marked}))
    except ApiException as error:
        if error.code == CONFLICT:
            raise ResourceConflict from error
        raise


def _marked(body: Object) -> Object:
    metadata = body["metadata"]
    labels = {**(metadata.get("labels") or {}), "higress.io/resource-definer": "higress"}
    annotations = dict(metadata.get("annotations") or {})
    if metadata["name"].endswith(".internal"):
        labels["higress.io/internal"] = "true"
        annotations["higress.io/comment"] = COMMENT
    return {**metadata, "labels": labels, "annotations": annotations or None}


def without_nulls(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Leave out every field that is null, however deep."""
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    return [without_nulls(item) for item in value] if isinstance(value, list) else value
