"""A gateway as files for a Kubernetes cluster, where one machine is not enough."""

import os
from collections.abc import Mapping
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import Any

from msgspec import Struct

from aigw.engines.higress_account import account, new_password
from aigw.errors import Problem, SpecInvalid
from aigw.operations.draft import read
from aigw.operations.world import World
from aigw.rendering import higress_checks, kubernetes, kubernetes_checks
from aigw.rendering.higress import ADMIN_FILE, HigressSettings, Resources, render
from aigw.rendering.store_yaml import load
from aigw.spec.gateway import GatewaySpec
from aigw.spec.generation import generation
from aigw.spec.secret import Secret
from aigw.state.export_folder import replace
from aigw.state.files import absolute
from aigw.state.secrets import KeyRing, resolve


class SecretsIn(StrEnum):
    """Whether an export holds keys."""

    INCLUDE = "include"
    OMIT = "omit"


class Exported(Struct, frozen=True, kw_only=True):
    """An export in a folder: its files, and what came and went since the last one there."""

    gateway: str
    out: str
    generation: str
    secrets: SecretsIn
    files: tuple[str, ...]
    first: bool
    added: tuple[str, ...]
    removed: tuple[str, ...]


class Kept(Struct, frozen=True, kw_only=True):
    """What of a gateway is exported: its spec as it stands in the document, and the keys."""

    spec: GatewaySpec
    ring: KeyRing

    @property
    def generation(self) -> str:
        """Name the spec alone: the same from every machine, and a new key changes no manifest."""
        return generation(self.spec, {})

    def objects(self, password: Secret, secrets: SecretsIn) -> dict[str, dict[str, Any]]:
        """Return the objects of a cluster; raises SpecInvalid."""
        resources = self._resources(password)
        found = kubernetes.manifests(resources)
        return found if secrets is SecretsIn.INCLUDE else _without_secrets(found)

    def _resources(self, password: Secret) -> Resources:
        _refuse(tuple(kubernetes_checks.problems(self.spec, self.ring)))
        settings = HigressSettings(defaults={}, password=password)
        resources = render(self.spec, self.ring, settings, generation=self.generation)
        _refuse(tuple(higress_checks.problems(resources)))
        return resources


def to_folder(world: World, gateway: str, out: Path, secrets: SecretsIn) -> Exported:
    """Write an export into a folder, over an earlier one of the same gateway.

    Raises SpecInvalid with all that a cluster cannot have, NotOurs and CannotWrite.
    """
    kept = _kept(world, gateway)
    kept.objects(new_password(), secrets)  # refused before any folder is made
    made: dict[str, str] = {}

    def make(folder: Path) -> Mapping[str, str]:
        made.update(kubernetes.files(kept.objects(_password(folder), secrets)))
        return made

    done = replace(absolute(out), make, owner=gateway, secret=f"{kubernetes.SECRETS}/")
    return Exported(
        gateway=gateway,
        out=os.fspath(out),
        generation=kept.generation,
        secrets=secrets,
        files=tuple(sorted(made)),
        first=done.first,
        added=done.added,
        removed=done.removed,
    )


def to_stream(world: World, gateway: str, secrets: SecretsIn) -> str:
    """Return an export as one stream, without the console's password, which nobody could keep."""
    objects = _kept(world, gateway).objects(new_password(), secrets)
    return kubernetes.stream(
        {path: body for path, body in objects.items() if path != kubernetes.ADMIN}
    )


def _kept(world: World, gateway: str) -> Kept:
    draft = read(world.home.existing(gateway), world.note)
    return Kept(spec=draft.spec, ring=resolve(draft.spec, draft.keys, world.environ))


def _password(folder: Path) -> Secret:
    """Return the password that an earlier export has, so that it stays; else a new one."""
    with suppress(OSError, ValueError):
        text = (folder / kubernetes.ADMIN).read_text(encoding="utf-8")
        if known := account({ADMIN_FILE: load(text)}):
            return known.password
    return new_password()


def _without_secrets(objects: Mapping[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {
        path: body
        for path, body in objects.items()
        if not path.startswith(f"{kubernetes.SECRETS}/")
    }


def _refuse(problems: tuple[Problem, ...]) -> None:
    if problems:
        raise SpecInvalid("what is to go into a cluster", problems)
