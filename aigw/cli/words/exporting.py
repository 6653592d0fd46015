"""How results of `export` read."""

from collections.abc import Iterator
from pathlib import PurePath
from shlex import quote

from aigw.cli.words.shared import count
from aigw.operations.export import Exported, SecretsIn

NAMESPACE = "higress-system"
APPLY = "kubectl apply --server-side --field-manager=aigw"
_SECRET, _INGRESS, _OBJECT = "secrets/", "manifests/ingresses/", ("manifests/", "secrets/")


def exported(done: Exported) -> str:
    """Say what is in the folder, and what a cluster needs besides applying it."""
    return "\n".join((*_head(done), *_gone(done), *_order(done)))


def streamed(secrets: SecretsIn) -> str:
    """Say how to take a stream, and what is not in it."""
    left = "the console's password"
    if secrets is SecretsIn.OMIT:
        left = f"the keys of the providers (--secrets include) and {left}"
    return f"for `{APPLY} -f -`, which replaces nothing of others; without {left}"


def _head(done: Exported) -> Iterator[str]:
    keys = [path for path in done.files if path.startswith(_SECRET)]
    objects = len([path for path in done.files if path.startswith(_OBJECT)]) - len(keys)
    yield f"gateway {done.gateway} is in {done.out}: {count(objects, 'manifest')}, Helm's values"
    if done.secrets is SecretsIn.OMIT:
        yield "without keys: what holds them must come from an export with --secrets include"
    else:
        yield f"keys are in {PurePath(done.out) / 'secrets'}, readable by you only"
    yield "how to apply it: docs/beyond-one-machine.md"


def _gone(done: Exported) -> Iterator[str]:
    """Name what a cluster still has of the export before."""
    gone = [path for path in done.removed if path.startswith("manifests/")]
    if gone:
        objects = " ".join(path.split("/", 1)[1].removesuffix(".yaml") for path in gone)
        yield f"no longer part of it: kubectl -n {NAMESPACE} delete {objects}"


def _order(done: Exported) -> Iterator[str]:
    if done.first or not any(path.startswith(_INGRESS) for path in done.added):
        return
    folder = quote(str(PurePath(done.out) / _INGRESS))
    yield (
        "there are new routes, and a cluster tries routes in the order they were made in: "
        f"kubectl delete --ignore-not-found -f {folder} && {APPLY} -f {folder}"
    )
