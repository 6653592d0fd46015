"""What is to be done: flags, then the environment, then a person, then what is saved."""

from collections.abc import Sequence
from functools import partial, reduce

from msgspec.structs import replace

from aigw.catalog.options import as_text
from aigw.catalog.target import resolve
from aigw.cli import keys
from aigw.cli.provider_questions import ProviderAnswer, ProviderQuestions
from aigw.cli.session import Session
from aigw.cli.wizard import Answers, Wizard
from aigw.clients.http import KeyState, KeyVerdict, check_key
from aigw.engines.choice import eligible
from aigw.errors import BadUsage
from aigw.operations import lifecycle
from aigw.operations.draft import Draft, edited
from aigw.operations.key_check import CHECK_SECONDS
from aigw.operations.provider_edit import ProviderWanted, with_provider
from aigw.operations.routes import RuleWanted
from aigw.operations.start_edit import StartWanted, with_wanted
from aigw.spec.contradictions import not_on
from aigw.spec.gateway import EngineName, GatewaySpec
from aigw.spec.presets import PRESETS
from aigw.spec.secret import Secret


def wanted(session: Session, flags: StartWanted, base: Draft, *, asks: bool) -> StartWanted:
    """Complete what the flags say over the draft `base`.

    Without any provider, by flag or in the draft, a person at a terminal is asked everything;
    else only for the keys that are missing. Raises BadUsage, naming the flags, where nobody can
    be asked, PortTaken before any question, and Interrupted.
    """
    present = asks and session.prompter.present
    if present:
        lifecycle.refuse_taken(session.world, session.gateway, base, flags)
    if present and not flags.providers and not base.spec.providers:
        return _by_questions(session, flags, base)
    exists = session.world.home.gateway(session.gateway).exists
    if asks and not present and not exists and not flags.providers and not base.spec.providers:
        raise BadUsage(
            "no provider is given, and there is no terminal to ask at: give keys "
            "(--openai-key ..., see `aigw start --help`), --demo, --file, or --non-interactive "
            "to start without a provider",
            hint="aigw start --non-interactive",
        )
    providers = (
        keys.completed(session, base, provider, asks=present) for provider in flags.providers
    )
    return replace(flags, providers=tuple(providers))


def provider_wanted(session: Session, base: Draft) -> ProviderWanted:
    """Ask a person for one provider to add to `base`, or to change there; raises Interrupted."""
    return _provider(_wizard(session, base).one())


def described(
    base: Draft, engines: Sequence[EngineName], answers: Sequence[ProviderAnswer]
) -> GatewaySpec:
    """Return what comes of answers laid over `base`; raises BadUsage for what cannot be."""
    spec = edited(base, lambda draft: reduce(with_provider, map(_provider, answers), draft)).spec
    refused = [next(not_on(spec, engine), "") for engine in engines]
    if all(refused):
        raise BadUsage(refused[0])
    return spec


def _by_questions(session: Session, flags: StartWanted, base: Draft) -> StartWanted:
    asked_for = StartWanted(engine=flags.engine, image=flags.image)
    base = edited(base, lambda draft: with_wanted(draft, asked_for))
    answers = _wizard(session, base).run()
    return replace(
        flags,
        providers=tuple(map(_provider, answers.providers)),
        default_model=answers.default_model or flags.default_model,
        rules=_rules(answers),
    )


def _wizard(session: Session, base: Draft) -> Wizard:
    world = session.world
    engines = eligible(base.spec, world.home.gateway(session.gateway), world.higress)
    about = ProviderQuestions(
        ask=session.questions(),
        spec=base.spec,
        environ=world.environ,
        chinese=world.chinese,
        engines=engines,
        check=_verdict,
    )
    return Wizard(about=about, described=partial(described, base, engines))


def _provider(answer: ProviderAnswer) -> ProviderWanted:
    return ProviderWanted(
        type=answer.type.id,
        secrets=() if answer.secret == Secret("") else (answer.secret,),
        models=answer.patterns,
        url=answer.url,
        options={name: as_text(value) for name, value in answer.options.items()},
    )


def _rules(answers: Answers) -> tuple[RuleWanted, ...]:
    triggers = {preset.name: preset.trigger for preset in PRESETS}
    return tuple(
        RuleWanted(name=rule.preset, trigger=triggers[rule.preset], model=rule.model)
        for rule in answers.rules
    )


def _verdict(answer: ProviderAnswer) -> KeyVerdict:
    """Say what the provider thinks of a key."""
    try:
        target = resolve(answer.type, answer.options, answer.url)
    except BadUsage as error:
        return KeyVerdict(state=KeyState.UNKNOWN, detail=error.message)
    return check_key(target, answer.secret, timeout=CHECK_SECONDS)
