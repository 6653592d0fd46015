"""How results of `export` read."""

from collections.abc import Iterator
from pathlib import PurePath
from shlex import quote

from aigw.cli.words.shared import count
from aigw.operations.export import Exported, SecretsIn
from aigw.rendering.kubernetes import ADMIN, BRIDGE, MANIFESTS, SECRETS, VALUES

NAMESPACE = "higress-system"
APPLY = "kubectl apply --server-side --field-manager=aigw"
PLUGIN = f"{SECRETS}/ai-proxy.internal.yaml"
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
    yield from _applying(done)


def _applying(done: Exported) -> Iterator[str]:
    """Give the commands: administrator and routes are there before the console could make its."""
    values = quote(str(PurePath(done.out) / VALUES))
    yield "in a new cluster first:"
    yield f"  kubectl create namespace {NAMESPACE}"
    yield f"  {APPLY} {_files(done, ADMIN, _INGRESS)}"
    yield "  helm repo add higress.io https://higress.io/helm-charts && helm repo update"
    yield f"  helm install higress higress.io/higress -n {NAMESPACE} -f {values}"
    yield "then, and after every export:"
    yield f"  {APPLY} -R {_files(done, f'{MANIFESTS}/', BRIDGE, PLUGIN)}"


def _files(done: Exported, *paths: str) -> str:
    """Name those that the export has, for `kubectl`."""
    there = [path for path in paths if any(file.startswith(path) for file in done.files)]
    return " ".join(f"-f {quote(str(PurePath(done.out) / path))}" for path in there)


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
