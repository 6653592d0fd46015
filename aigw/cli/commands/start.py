"""The command `start`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from aigw.cli import answers, container_flags
from aigw.cli.command import command
from aigw.cli.container_flags import ContainerOptions
from aigw.cli.keys import say_seen
from aigw.cli.piped import PIPE, readable
from aigw.cli.provider_flags import providers_wanted, with_provider_flags
from aigw.cli.session import Session
from aigw.cli.words import lifecycle as words
from aigw.engines.means import Means
from aigw.errors import BadUsage, NotReady
from aigw.operations import lifecycle
from aigw.operations.provider_edit import ProviderWanted
from aigw.operations.samples import samples
from aigw.operations.start_edit import StartWanted
from aigw.spec.gateway import EngineName
from aigw.spec.image import Pull

EXAMPLES = """
aigw start                               # by questions
aigw start --demo                        # a provider that needs no key
aigw start --non-interactive --dashscope-key sk-... --openai-key sk-...
aigw start --http-port 8090 --auto-routing-default-model qwen-turbo
aigw start --file gateway.yaml --dry-run
"""
LISTENS, ROUTES = "Where it listens", "Auto-routing"
LAST_PORT = 65535

app = typer.Typer(rich_markup_mode=None, add_completion=False)


class StartOptions(ContainerOptions, frozen=True, kw_only=True):
    """Options of `start`, without those of the providers."""

    non_interactive: Annotated[
        bool,
        typer.Option(
            "--non-interactive",
            "--batch",
            envvar="AIGW_NON_INTERACTIVE",
            help="Never ask; what is missing is an error.",
        ),
    ] = False
    dry_run: Annotated[
        bool, typer.Option("-n", "--dry-run", help="Only say what would be done.")
    ] = False
    file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Take a whole gateway.yaml first; `-` is stdin."),
    ] = None
    demo: Annotated[
        bool, typer.Option("--demo", help="Add the provider `demo`, which needs no key.")
    ] = False
    data_folder: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            envvar="AIGW_DATA_FOLDER",
            help="Where a new gateway keeps everything.",
        ),
    ] = None
    engine: Annotated[
        EngineName | None,
        typer.Option(envvar="AIGW_ENGINE", help="What runs it; auto chooses, and says why."),
    ] = None
    timeout: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS",
            min=1,
            envvar="AIGW_TIMEOUT",
            help="How long it may take to run: 30, or 180 for a container.",
        ),
    ] = None
    foreground: Annotated[
        bool, typer.Option("--foreground", help="Stay until it ends: for systemd and containers.")
    ] = False
    listen: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            envvar="AIGW_LISTEN",
            help="Loopback address; 127.0.0.1 if none was ever given.",
            rich_help_panel=LISTENS,
        ),
    ] = None
    http_port: Annotated[
        int | None,
        typer.Option(
            metavar="PORT",
            min=1,
            max=LAST_PORT,
            envvar="AIGW_HTTP_PORT",
            help="8080 if none was ever given.",
            rich_help_panel=LISTENS,
        ),
    ] = None
    https_port: Annotated[
        int | None,
        typer.Option(
            metavar="PORT",
            min=1,
            max=LAST_PORT,
            envvar="AIGW_HTTPS_PORT",
            help="8443 if none was ever given; not used by the embedded engine.",
            rich_help_panel=LISTENS,
        ),
    ] = None
    console_port: Annotated[
        int | None,
        typer.Option(
            metavar="PORT",
            min=1,
            max=LAST_PORT,
            envvar="AIGW_CONSOLE_PORT",
            help="8001 if none was ever given; not used by the embedded engine.",
            rich_help_panel=LISTENS,
        ),
    ] = None
    auto_routing: Annotated[
        bool | None,
        typer.Option(help="Choose models by what is asked.", rich_help_panel=ROUTES),
    ] = None
    auto_routing_default_model: Annotated[
        str,
        typer.Option(
            metavar="MODEL",
            help="The model for messages that no rule matches; switches auto-routing on.",
            rich_help_panel=ROUTES,
        ),
    ] = ""


Options: type[Any] = with_provider_flags(StartOptions)


@command(app, "start", Options, examples=EXAMPLES)
def start(session: Session, options: StartOptions) -> int:
    """Make a gateway be what was asked for, and run."""
    if options.foreground and options.file == Path(PIPE):
        raise BadUsage("--foreground takes no gateway.yaml from standard input: --file FILE")
    with readable(session, options.file) as file:
        return _start(session, options, file)


def _start(session: Session, options: StartOptions, file: Path | None) -> int:
    world, gateway = session.world, session.gateway
    means = Means(
        seconds=options.timeout,
        retain=options.retain,
        archive=options.image_archive,
        pulls=options.pull is Pull.ALWAYS,
    )
    how = lifecycle.How(file=file, data_folder=options.data_folder, means=means)
    asks = not (options.non_interactive or options.dry_run)
    base, flags = lifecycle.base(world, gateway, how), _flags(options)
    wanted = answers.wanted(session, flags, base, asks=asks)
    if options.dry_run:
        planned = lifecycle.plan_start(world, gateway, wanted, how)
        session.output.result(planned, words.planned(planned))
        return 0
    if options.foreground:
        lifecycle.supervise(world, gateway, wanted, how)
    started = lifecycle.start(world, gateway, wanted, how)
    asked = samples(world, started) if started.first else None
    session.output.result(started, words.started(started, asked))
    if any(provider.secrets for provider in flags.providers):
        say_seen(session)
    return 0 if started.probe.ok else NotReady.exit_code


def _flags(options: StartOptions) -> StartWanted:
    demo = (ProviderWanted(type="demo"),) if options.demo else ()
    return StartWanted(
        engine=options.engine,
        address=options.listen,
        http=options.http_port,
        https=options.https_port,
        console=options.console_port,
        image=container_flags.image(options),
        container=container_flags.limits(options),
        providers=(*providers_wanted(options), *demo),
        auto_routing=options.auto_routing,
        default_model=options.auto_routing_default_model,
    )
