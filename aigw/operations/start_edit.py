"""What `start` was asked for, laid over the spec that is there."""

from collections.abc import Mapping
from functools import reduce
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from aigw.errors import BadUsage
from aigw.operations.draft import Draft
from aigw.operations.provider_edit import ProviderWanted, with_provider
from aigw.operations.routes import RuleWanted, check_model, with_rule
from aigw.spec.gateway import EngineName, GatewaySpec, Listen
from aigw.spec.image import Image


class StartWanted(Struct, frozen=True, kw_only=True):
    """What was asked for; whatever is None or empty stays as it is.

    `image` and `container` are fields of the spec's that were given.
    """

    engine: EngineName | None = None
    address: str | None = None
    http: int | None = None
    https: int | None = None
    console: int | None = None
    image: Mapping[str, Any] = {}
    container: Mapping[str, Any] = {}
    providers: tuple[ProviderWanted, ...] = ()
    auto_routing: bool | None = None
    default_model: str = ""
    rules: tuple[RuleWanted, ...] = ()


def with_wanted(draft: Draft, wanted: StartWanted) -> Draft:
    """Lay everything over the draft; raises BadUsage for what cannot be."""
    spec = replace(
        draft.spec,
        engine=wanted.engine or draft.spec.engine,
        listen=_listen(draft.spec.listen, wanted),
        image=_image(draft.spec.image, wanted.image),
        container=replace(draft.spec.container, **wanted.container),
    )
    draft = reduce(with_provider, wanted.providers, replace(draft, spec=spec))
    draft = replace(draft, spec=_with_auto_routing(draft.spec, wanted))
    return reduce(with_rule, wanted.rules, draft)


def _listen(old: Listen, wanted: StartWanted) -> Listen:
    return Listen(
        address=wanted.address or old.address,
        http=wanted.http or old.http,
        https=wanted.https or old.https,
        console=wanted.console or old.console,
    )


def _image(old: Image, wanted: Mapping[str, Any]) -> Image:
    """Lay the fields over an image; another name or tag is not pinned by the old one's digest."""
    digest = {"digest": ""} if wanted.keys() & {"repository", "tag"} else {}
    return replace(old, **{**digest, **wanted})


def _with_auto_routing(spec: GatewaySpec, wanted: StartWanted) -> GatewaySpec:
    """Switch auto-routing as asked; a default model alone switches it on."""
    auto = spec.auto_routing
    default = wanted.default_model or auto.default
    enabled = auto.enabled or bool(wanted.default_model)
    if wanted.auto_routing is not None:
        enabled = wanted.auto_routing
    if enabled and not default:
        raise BadUsage(
            "auto-routing needs a model for messages that no rule matches: "
            "--auto-routing-default-model",
            hint="aigw start --auto-routing --auto-routing-default-model MODEL",
        )
    if wanted.default_model:
        check_model(spec, wanted.default_model)
    return replace(spec, auto_routing=replace(auto, enabled=enabled, default=default))
