"""One object of a store brought to what is wanted, with all that somebody else put there."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from aigw.rendering.merging import NOTHING, Merge, alike, undo

Body = Mapping[str, Any]

STORES_OWN = ("creationTimestamp", "managedFields", "resourceVersion")
"""What the API server writes into `metadata`; `status` is its own as well.

But for the time of an Ingress: Higress tries the oldest first, whatever their names say, and one
that the console has created has a time until it is saved again.
"""


class Reconciled(Struct, frozen=True, kw_only=True):
    """An object as it is to be, and the paths of our fields that somebody else had changed."""

    body: dict[str, Any]
    edits: tuple[str, ...]


def reconcile(there: Body | None, wanted: Body, was: Body | None) -> Reconciled:
    """Return an object of the store with what we want in it; `was` is what we applied last.

    What is ours is set, what was ours and is wanted no more goes, and what is not ours stays: in
    mappings, in lists of objects that have a name, and in texts that hold JSON or YAML. The
    version is that of the store raised by one; what the API server keeps there stays.
    """
    if there is None:
        return Reconciled(body=dict(wanted), edits=())
    if same(there, wanted):
        return Reconciled(body=raised(there, over=there), edits=())
    edits: list[str] = []
    merge = Merge(edited=edits.append, known=was is not None)
    merged = merge.node("", ours(there), ours(wanted), ours(was or {}))
    body: dict[str, Any] = dict(merged) if isinstance(merged, Mapping) else dict(wanted)
    kept = {
        name: there["metadata"][name] for name in _stores_own(there) if name in _metadata(there)
    }
    body["metadata"] = {**_metadata(body), **kept}
    body |= {"status": status} if (status := there.get("status", wanted.get("status"))) else {}
    return Reconciled(body=raised(body, over=there), edits=tuple(edits))


def undone(there: Body | None, attempt: Body | None, was: Body | None) -> Body | None:
    """Return an object as if an attempt had never been made; None where there would be none.

    What somebody else put there, or changed since, stays.
    """
    # An Ingress's time as well: the console gives one to what it makes, and we do not.
    bare = [NOTHING if one is None else _without(one, STORES_OWN) for one in (there, attempt, was)]
    left = undo(*bare)
    if not isinstance(left, Mapping):
        return None
    own = {name: value for name, value in _metadata(there or {}).items() if name in STORES_OWN}
    status = {"status": there["status"]} if there and "status" in there else {}
    return {**left, "metadata": {**_metadata(left), **own}, **status}


def raised(body: Body, *, over: Body | None) -> dict[str, Any]:
    """Return an object with the version that follows that of the one in the store."""
    version = str(_metadata(over or {}).get("resourceVersion", ""))
    following = int(version) + 1 if version.isascii() and version.isdecimal() else 1
    return {**body, "metadata": {**_metadata(body), "resourceVersion": str(following)}}


def same(one: Body, other: Body) -> bool:
    """Say whether two objects differ in nothing but what the API server keeps in them."""
    return alike(ours(one), ours(other))


def ours(body: Body) -> dict[str, Any]:
    """Return an object without what the API server keeps in it."""
    return _without(body, _stores_own(body))


def _without(body: Body, own: tuple[str, ...]) -> dict[str, Any]:
    metadata = {name: value for name, value in _metadata(body).items() if name not in own}
    rest = {name: value for name, value in body.items() if name != "status"}
    return {**rest, "metadata": metadata}


def _stores_own(body: Body) -> tuple[str, ...]:
    return STORES_OWN[1:] if body.get("kind") == "Ingress" else STORES_OWN


def _metadata(body: Body) -> Body:
    metadata = body.get("metadata")
    return metadata if isinstance(metadata, Mapping) else {}
