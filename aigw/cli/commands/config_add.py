"""The command `config add`."""

from collections.abc import Iterable, Mapping
from typing import Annotated

import typer
from msgspec import Struct

from aigw.cli import completion, keys
from aigw.cli.command import command
from aigw.cli.session import Session
from aigw.cli.words import config as words
from aigw.errors import BadUsage
from aigw.operations.draft import Draft
from aigw.operations.provider_edit import ProviderWanted, split
from aigw.operations.providers import add_provider, before_adding

EXAMPLES = """
printf %s "$KEY" | aigw config add --provider deepseek --key-stdin
aigw config add --provider openai --key-env OPENAI_API_KEY
aigw config add --provider openai --key sk-two --append
aigw config add --provider azure --set azureResource=mine --models 'gpt-*'
aigw config add --provider vllm --url http://127.0.0.1:8000 --models '*'
"""
KEYS, SERVES = "Keys", "What it serves, and where"

app = typer.Typer(rich_markup_mode=None, add_completion=False)


class AddOptions(Struct, frozen=True, kw_only=True):
    """Options of `config add`."""

    provider: Annotated[
        str,
        typer.Option(
            metavar="TYPE",
            help="Type of the provider: an id or alias that `aigw config providers` lists.",
            autocompletion=completion.provider_types,
        ),
    ] = ""
    id: Annotated[
        str,
        typer.Option(metavar="ID", help="Its name here, for a second one of a type."),
    ] = ""
    key: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY",
            help="A key, or several with commas. Other users see it in the list of processes.",
            rich_help_panel=KEYS,
        ),
    ] = None
    key_stdin: Annotated[
        bool, typer.Option("--key-stdin", help="Read keys, one a line.", rich_help_panel=KEYS)
    ] = False
    key_env: Annotated[
        list[str] | None,
        typer.Option(
            metavar="VARIABLE",
            help="Take the key from this variable whenever a configuration is applied.",
            rich_help_panel=KEYS,
        ),
    ] = None
    key_file: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATH",
            help="Take the key from this file whenever a configuration is applied.",
            rich_help_panel=KEYS,
        ),
    ] = None
    append: Annotated[
        bool,
        typer.Option(
            "--append", help="Add to the keys instead of replacing.", rich_help_panel=KEYS
        ),
    ] = False
    no_check: Annotated[
        bool,
        typer.Option(
            "--no-check", help="Do not ask the provider about the key.", rich_help_panel=KEYS
        ),
    ] = False
    models: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATTERNS",
            help="Models it serves: gpt-4o, qwen-*, *-turbo or *, with commas.",
            rich_help_panel=SERVES,
        ),
    ] = None
    url: Annotated[
        str,
        typer.Option(metavar="URL", help="Another endpoint than usual.", rich_help_panel=SERVES),
    ] = ""
    model_map: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FROM=TO",
            help="Ask the provider for TO where a client asks for FROM; `FROM=` ends that.",
            rich_help_panel=SERVES,
        ),
    ] = None
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            "--extra-config",
            metavar="NAME=VALUE",
            help="An option of the type; `NAME=` takes it back.",
            rich_help_panel=SERVES,
        ),
    ] = None


@command(app, "add", AddOptions, examples=EXAMPLES)
def add(session: Session, options: AddOptions) -> None:
    """Add a provider, or change it; without any option, by questions."""
    before = before_adding(session.world, session.gateway)
    by_questions = options == AddOptions() and session.prompter.present
    wanted = _by_questions(session, before) if by_questions else _wanted(session, before, options)
    check = not (options.no_check or by_questions)
    added = add_provider(session.world, session.gateway, wanted, check=check)
    session.output.result(added, words.provider_added(added))
    if options.key:
        keys.say_seen(session)


def _by_questions(session: Session, before: Draft) -> ProviderWanted:
    from aigw.cli import answers  # late: few commands ask more than a key

    return answers.provider_wanted(session, before)


def _wanted(session: Session, before: Draft, options: AddOptions) -> ProviderWanted:
    given = keys.given(
        session,
        values=options.key or (),
        stdin=options.key_stdin,
        variables=options.key_env or (),
        files=options.key_file or (),
    )
    wanted = ProviderWanted(
        type=options.provider,
        id=options.id,
        secrets=given.secrets,
        references=given.references,
        append=options.append,
        models=_patterns(options.models or ()),
        url=options.url,
        options=pairs(options.settings or (), "--set NAME=VALUE"),
        model_map=pairs(options.model_map or (), "--model-map FROM=TO"),
    )
    wanted = keys.completed(session, before, wanted, asks=session.prompter.present)
    if wanted.append and not (wanted.secrets or wanted.references):
        raise BadUsage(
            "--append adds a key, and none is given: --key-stdin, --key-env, --key-file, --key",
            hint="aigw config add --help",
        )
    return wanted


def pairs(texts: Iterable[str], form: str) -> Mapping[str, str]:
    """Split `NAME=VALUE` texts at their first `=`; `form` is named when one has none."""
    parted = [text.partition("=") for text in texts]
    bad = next((name for name, equals, _ in parted if not (name and equals)), None)
    if bad is not None:
        raise BadUsage(f"`{bad[:80]}` is not of the form {form}")
    return {name: value for name, _, value in parted}


def _patterns(texts: Iterable[str]) -> tuple[str, ...]:
    patterns = split(texts)
    if texts and not patterns:
        raise BadUsage("--models names no model")
    return patterns
