"""The options of `start` that count for a container only."""

from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from msgspec import Struct

from aigw.errors import BadUsage
from aigw.spec.image import Pull

CONTAINER = "The container (Higress engine)"


class ContainerOptions(Struct, frozen=True, kw_only=True):
    """Which image to run, where to get it, and what it may use."""

    region: Annotated[
        Literal["china", "asia", "america"] | None,
        typer.Option(
            envvar="AIGW_REGION",
            help="Whose registry to pull from; by the time zone if none was ever given.",
            rich_help_panel=CONTAINER,
        ),
    ] = None
    registry: Annotated[
        str | None,
        typer.Option(
            metavar="HOST",
            envvar="AIGW_REGISTRY",
            help="Pull from this registry; `auto` for one near you.",
            rich_help_panel=CONTAINER,
        ),
    ] = None
    image_repo: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            envvar="AIGW_IMAGE_REPO",
            help="Another image, with or without its registry.",
            rich_help_panel=CONTAINER,
        ),
    ] = None
    image_tag: Annotated[
        str | None,
        typer.Option(
            metavar="TAG",
            envvar="AIGW_IMAGE_TAG",
            help="`latest` if none was ever given.",
            rich_help_panel=CONTAINER,
        ),
    ] = None
    image_archive: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            exists=True,
            dir_okay=False,
            help="Take the image from a file of `docker save`: for machines without network.",
            rich_help_panel=CONTAINER,
        ),
    ] = None
    pull: Annotated[
        Pull | None,
        typer.Option(
            envvar="AIGW_PULL",
            help="When to pull the image; `missing` if nothing was ever given.",
            rich_help_panel=CONTAINER,
        ),
    ] = None
    memory: Annotated[
        str | None,
        typer.Option(
            metavar="BYTES",
            help="The most memory it may use, as `2g`.",
            rich_help_panel=CONTAINER,
        ),
    ] = None
    cpus: Annotated[
        int | None,
        typer.Option(
            metavar="NUMBER",
            min=1,
            help="The most processors it may use.",
            rich_help_panel=CONTAINER,
        ),
    ] = None
    retain: Annotated[
        bool,
        typer.Option(
            "--retain",
            help="Keep one that does not become ready, for a look.",
            rich_help_panel=CONTAINER,
        ),
    ] = False


def image(options: ContainerOptions) -> dict[str, Any]:
    """Return the fields of the spec's `image` that were given; raises BadUsage."""
    if options.region and options.registry:
        raise BadUsage("--region and --registry say the same: give one of them")
    return _given(
        repository=options.image_repo,
        tag=options.image_tag,
        registry=options.region or options.registry,
        pull=options.pull,
    )


def limits(options: ContainerOptions) -> dict[str, Any]:
    """Return the fields of the spec's `container` that were given."""
    return _given(memory=options.memory, cpus=options.cpus)


def _given(**values: object) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
