"""Consumers: who has a key, kept in key-auth's global configuration."""

from typing import Any

from . import allow_lists, credentials, instances, rules
from .errors import BusinessException, JavaxValidation, ValidationException
from .http import Reply, Request, RouteTable, bare, created, deleted, envelope, paged
from .instances import Instance
from .kube import Kube, Object

routes = RouteTable()

CONSUMER = {"name": str, "credentials": [dict]}


@routes.get("/v1/consumers")
def every(request: Request) -> Reply:
    """List the consumers by name."""
    return paged(request, list(_every(request.kube).values()))


@routes.get("/v1/consumers/{name}")
def one(request: Request) -> Reply:
    """Show a consumer with its keys in clear."""
    return envelope(_every(request.kube).get(request.params["name"]))


@routes.post("/v1/consumers", shape=CONSUMER)
def add(request: Request) -> Reply:
    """Write a consumer, over one of that name."""
    consumer = request.json()
    _validate(consumer, update=False)
    return created(_save(request.kube, consumer))


@routes.put("/v1/consumers/{name}", shape=CONSUMER)
def update(request: Request) -> Reply:
    """Write a consumer; without values those that it has stay."""
    consumer, name = request.json(), request.params["name"]
    if consumer["name"] and consumer["name"] != name:
        raise JavaxValidation("Consumer name in the URL doesn't match the one in the body.")
    consumer["name"] = name
    _validate(consumer, update=True)
    return bare(_save(request.kube, consumer))


@routes.delete("/v1/consumers/{name}")
def delete(request: Request) -> Reply:
    """Remove a consumer that nothing allows any more."""
    kube, name = request.kube, request.params["name"]
    there = instances.internal_ones(kube, allow_lists.PLUGIN)
    if any(name in allow_lists.allowed(one) for one in there):
        raise BusinessException(f"Consumer {name} is still in use")
    found = next((one for one in there if rules.is_global(one.targets)), None)
    if found and any(entry.get("name") == name for entry in _entries(found)):
        _write(kube, found, [entry for entry in _entries(found) if entry.get("name") != name])
    return deleted()


def _validate(consumer: Object, *, update: bool) -> None:
    if not (consumer["name"] or "").strip():
        raise ValidationException("name cannot be blank.")
    if not consumer["credentials"]:
        raise ValidationException("credentials cannot be empty.")
    for credential in consumer["credentials"]:
        if credential.get("type") == allow_lists.PLUGIN:
            credentials.validate(credentials.shaped(credential), update=update)


def _global(kube: Kube) -> Instance | None:
    return instances.find(kube, allow_lists.PLUGIN, rules.GLOBAL, internal=True)


def _entries(instance: Instance | None) -> list[Object]:
    found = (instance.configurations or {}).get("consumers") if instance else None
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _every(kube: Kube) -> dict[str, dict[str, Any]]:
    there = {
        entry["name"]: {"name": entry["name"], "credentials": [credential]}
        for entry in _entries(_global(kube))
        if (entry.get("name") or "").strip() and (credential := credentials.parsed(entry))
    }
    return dict(sorted(there.items()))


def _save(kube: Kube, consumer: Object) -> Object | None:
    """Write a consumer's first key; with none that is known the consumer goes."""
    instance = _global(kube) or allow_lists.default_instance()
    entries, name = _entries(instance), consumer["name"]
    sent = [one for one in consumer["credentials"] if one.get("type") == allow_lists.PLUGIN]
    if sent:
        entries = _with(entries, name, credentials.shaped(sent[0]))
        _write(kube, instance, entries)
    elif any(entry.get("name") == name for entry in entries):
        _write(kube, instance, [entry for entry in entries if entry.get("name") != name])
    return _every(kube).get(name)


def _with(entries: list[Object], name: str, credential: Object) -> list[Object]:
    there = {entry.get("name"): entry for entry in entries if credentials.parsed(entry)}
    for other, entry in there.items():
        if other != name:
            credentials.refuse_same(credential, entry)
    old = there.get(name)
    if old is None:
        credentials.validate(credential, update=False)
        return [*entries, {"name": name} | credentials.stored(credential)]
    merged = credentials.merged(credential, old)
    credentials.validate(merged, update=False)
    new = {key: value for key, value in old.items() if key != "credential"}
    new |= credentials.stored(merged)
    return [new if entry is old else entry for entry in entries]


def _write(kube: Kube, instance: Instance, entries: list[Object]) -> None:
    kept = instance.configurations or allow_lists.empty_global()
    configurations = kept | {"consumers": entries, "global_auth": False}
    instances.save(
        kube,
        Instance(
            plugin=allow_lists.PLUGIN,
            targets=rules.GLOBAL,
            configurations=configurations,
            internal=True,
        ),
    )
