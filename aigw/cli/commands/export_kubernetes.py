"""The command `export kubernetes`."""

from pathlib import Path
from typing import Annotated

import typer
from msgspec import Struct

from aigw.cli.command import command
from aigw.cli.session import Session
from aigw.cli.words import exporting as words
from aigw.errors import BadUsage
from aigw.operations import export
from aigw.operations.export import SecretsIn

STDOUT = "-"
EXAMPLES = """
aigw export kubernetes --out k8s
aigw export kubernetes --out k8s-for-git --secrets omit
aigw export kubernetes --out -
"""

app = typer.Typer(rich_markup_mode=None, add_completion=False)


class KubernetesOptions(Struct, frozen=True, kw_only=True):
    """Options of `export kubernetes`."""

    out: Annotated[
        str, typer.Option("--out", "-o", metavar="DIR", help="Folder to fill, or `-` for stdout.")
    ]
    secrets: Annotated[
        SecretsIn | None,
        typer.Option(help="Whether what holds keys is exported: on stdout it is not by default."),
    ] = None


@command(app, "kubernetes", KubernetesOptions, examples=EXAMPLES)
def kubernetes(session: Session, options: KubernetesOptions) -> None:
    """Write manifests and Helm values of a gateway, for Higress in a cluster."""
    if options.out == STDOUT:
        _stream(session, options.secrets or SecretsIn.OMIT)
        return
    secrets = options.secrets or SecretsIn.INCLUDE
    done = export.to_folder(session.world, session.gateway, Path(options.out), secrets)
    session.output.result(done, words.exported(done))


def _stream(session: Session, secrets: SecretsIn) -> None:
    if session.output.as_json:
        raise BadUsage("--out - and --json both want stdout: give one of them")
    text = export.to_stream(session.world, session.gateway, secrets)
    session.output.line(text.rstrip("\n"))
    session.output.note(words.streamed(secrets))
