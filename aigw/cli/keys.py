"""Keys on their way in: flags, standard input, the environment, a hidden question."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from aigw.cli.session import Session
from aigw.errors import BadUsage
from aigw.operations.draft import Draft
from aigw.operations.key_check import key_needed, options_at_hand
from aigw.operations.provider_edit import ProviderWanted, meaning, split
from aigw.spec.secret import FromEnvironment, FromFile, KeySource, Secret
from aigw.state.files import absolute
from aigw.state.secrets import MAX_KEY_BYTES, key_problem

MOST_BYTES = 100 * MAX_KEY_BYTES


class Given(Struct, frozen=True, kw_only=True):
    """Keys to keep, and where others are to be found when they are needed."""

    secrets: tuple[Secret, ...]
    references: tuple[KeySource, ...]

    def __bool__(self) -> bool:
        return bool(self.secrets or self.references)


def given(
    session: Session,
    *,
    values: Sequence[str],
    stdin: bool,
    variables: Sequence[str],
    files: Sequence[str],
) -> Given:
    """Collect what the flags say; raises BadUsage for what cannot be a key."""
    secrets = list(secrets_of(values))
    if stdin:
        secrets += _from_stdin(session)
    return Given(
        secrets=tuple(secrets),
        references=(
            *(FromEnvironment(variable) for variable in variables),
            *(FromFile(str(absolute(Path(file)))) for file in files),
        ),
    )


def say_seen(session: Session) -> None:
    """Warn that a key stood on the command line."""
    session.output.note(
        "warning: a key on the command line is seen by other users, in the list of processes; "
        "`aigw config add --key-stdin` hides it"
    )


def secrets_of(values: Iterable[str]) -> tuple[Secret, ...]:
    """Take keys out of comma lists; raises BadUsage for what cannot be a key."""
    return tuple(_secret(part) for value in values for part in split((value,)) or ("",))


def completed(
    session: Session, before: Draft, wanted: ProviderWanted, *, asks: bool
) -> ProviderWanted:
    """Add the key that no flag gave: from the environment, else from the person where `asks`.

    Required options are taken from the environment, too. Raises BadUsage, naming the flags, when
    there is no key.
    """
    wanted = _with_options(session, before, wanted)
    needed = key_needed(session.world, before, wanted)
    if needed is None:
        return wanted
    if needed.variable:
        session.output.note(f"taking the key of {needed.provider} from {needed.variable}")
        return replace(wanted, secrets=secrets_of((session.world.environ[needed.variable],)))
    if asks:
        key = session.prompter.secret(f"Key for {needed.provider}", problem=key_problem)
        return replace(wanted, secrets=(key,))
    raise _keyless(before, wanted)


def _keyless(before: Draft, wanted: ProviderWanted) -> BadUsage:
    """Say how the key that is missing can be given."""
    from aigw.operations.provider_hints import completing  # late: only this error needs it

    about = meaning(before.spec, wanted)
    flags = "--key-stdin, --key-env, --key-file, --key"
    ways = [about.type.key_flags[0] if wanted.by_flags else flags]
    ways += [f"or {name} in the environment" for name in about.type.key_variables[:1]]
    message = f"provider `{about.id}` needs a key: {', '.join(ways)}"
    return BadUsage(message, hint=completing(about, wanted))


def _with_options(session: Session, before: Draft, wanted: ProviderWanted) -> ProviderWanted:
    found = options_at_hand(session.world, before, wanted)
    for name, variable in found:
        session.output.note(f"taking {name} of {wanted.id or wanted.type} from {variable}")
    values = {name: session.world.environ[variable] for name, variable in found}
    return replace(wanted, options={**wanted.options, **values})


def _from_stdin(session: Session) -> tuple[Secret, ...]:
    """Read one key a line."""
    if session.stdin.isatty():
        return (session.prompter.secret("Key", problem=key_problem),)
    # Latin-1 takes any byte; what is not ASCII is refused below, without being shown.
    text = session.stdin.buffer.read(MOST_BYTES + 1).decode("latin-1")
    if len(text) > MOST_BYTES:
        raise BadUsage(f"standard input holds more than {MOST_BYTES} bytes; that is no key")
    lines = [line for line in text.split("\n") if line.strip("\r")]
    if not lines:
        raise BadUsage("standard input holds no key")
    return tuple(_secret(line.removesuffix("\r")) for line in lines)


def _secret(text: str) -> Secret:
    problem = key_problem(text)
    if problem:
        raise BadUsage(f"the key {problem}")
    return Secret(text)
