"""Which provider serves a model, as `templates/envoy/serving.lua` decides in the data plane."""

from collections.abc import Mapping

from msgspec import Struct

from aigw import catalog
from aigw.catalog.provider_type import KnownModel, Price
from aigw.spec.gateway import GatewaySpec
from aigw.spec.provider import ModelPattern, PatternKind, Provider
from aigw.spec.routing import AUTO_MODELS

REASONS = {
    PatternKind.EXACT: "`{0}` is named exactly",
    PatternKind.PREFIX: "`{0}` is the longest prefix that fits",
    PatternKind.GLOB: "`{0}` is the glob that fits with the longest literal part",
    PatternKind.ANY: "`{0}` takes what no other pattern fits",
}


class Served(Struct, frozen=True, kw_only=True):
    """The provider of a model.

    `model` is the name without `id/`, `upstream_model` what the provider is sent; `pattern` is the
    one that decided, empty where the provider was named; `reason` says it in words.
    """

    provider: Provider
    model: str
    upstream_model: str
    pattern: str
    reason: str


class ListedModel(Struct, frozen=True, kw_only=True):
    """One entry of `/v1/models`; sizes in tokens, 0 where unknown."""

    id: str
    owned_by: str
    context_window: int
    max_output_tokens: int
    price: Price | None


class ServingTable(Struct, frozen=True, kw_only=True):
    """All patterns of a spec: exact names, and the others in the order in which they are tried."""

    exact: Mapping[str, Provider]
    ranked: tuple[tuple[ModelPattern, Provider], ...]
    providers: Mapping[str, Provider]

    @classmethod
    def of(cls, spec: GatewaySpec) -> "ServingTable":
        """Build the table; where two patterns are alike, the provider listed first has it."""
        pairs = [(pattern, provider) for provider in spec.providers for pattern in provider.models]
        return cls(
            exact={
                pattern.text: provider
                for pattern, provider in reversed(pairs)
                if pattern.kind is PatternKind.EXACT
            },
            ranked=tuple(
                sorted(
                    (pair for pair in pairs if pair[0].kind is not PatternKind.EXACT),
                    key=lambda pair: (pair[0].kind, -pair[0].literal_length),
                )
            ),
            providers={provider.id: provider for provider in reversed(spec.providers)},
        )

    def serve(self, asked: str, *, forced: str = "") -> Served | None:
        """Find the provider of a model; `forced` is the id that a client insists on."""
        if forced:
            return self._forced(asked, forced)
        named, _, bare = asked.partition("/")
        if asked in self.exact:
            return _served(self.exact[asked], asked, ModelPattern(asked))
        if bare and named in self.providers:
            return _named(self.providers[named], bare, f"`{named}/` names the provider")
        return next(
            (
                _served(provider, asked, pattern)
                for pattern, provider in self.ranked
                if pattern.matches(asked)
            ),
            None,
        )

    def _forced(self, asked: str, forced: str) -> Served | None:
        provider = self.providers.get(forced)
        if provider is None:
            return None
        bare = asked.removeprefix(f"{forced}/") or asked
        model = asked if ModelPattern(asked) in provider.models else bare
        return _named(provider, model, f"the client insists on `{forced}`")


def serve(spec: GatewaySpec, asked: str, *, forced: str = "") -> Served | None:
    """Find the provider that serves the model `asked` for, or None.

    In this order: an exact name; `id/model`; the longest prefix; other globs, the longest literal
    part first; `*`. `forced` is the value of the request header `x-aigw-provider`.
    """
    return ServingTable.of(spec).serve(asked, forced=forced)


def near_models(spec: GatewaySpec, asked: str) -> tuple[str, ...]:
    """Return up to three models that a client may have meant, the likeliest first."""
    from difflib import get_close_matches  # slow to import, and only an error needs it

    known = [model.id for model in listed(spec)]
    return tuple(get_close_matches(asked, known, n=3))


def listed(spec: GatewaySpec) -> tuple[ListedModel, ...]:
    """Return what `/v1/models` shows.

    First `auto` when auto-routing is on, then for each provider its exact names, the names its
    model map takes, and the known models that its patterns are the first to match.
    """
    table = ServingTable.of(spec)
    auto = [_unknown(AUTO_MODELS[-1], "aigw")] if spec.auto_routing.enabled else []
    by_id = {model.id: model for model in auto}
    for provider in spec.providers:
        for name, model in _names(provider).items():
            served = table.serve(name)
            if name not in by_id and served and served.provider.id == provider.id:
                by_id[name] = _listed(name, provider, model)
    return tuple(by_id.values())


def _names(provider: Provider) -> Mapping[str, KnownModel | None]:
    """Return every name a provider can be known to serve, with what the catalogue knows of it."""
    ptype = catalog.find(provider.type)
    known = {model.id: model for model in ptype.models} if ptype else {}
    exact = (pattern.text for pattern in provider.models if pattern.kind is PatternKind.EXACT)
    return {
        name: known.get(provider.model_map.get(name, name))
        for name in (*exact, *provider.model_map, *known)
    }


def _listed(name: str, provider: Provider, known: KnownModel | None) -> ListedModel:
    if known is None:
        return _unknown(name, provider.id)
    return ListedModel(
        id=name,
        owned_by=provider.id,
        context_window=known.context_window,
        max_output_tokens=known.max_output_tokens,
        price=known.price,
    )


def _unknown(name: str, owner: str) -> ListedModel:
    return ListedModel(id=name, owned_by=owner, context_window=0, max_output_tokens=0, price=None)


def _served(provider: Provider, model: str, pattern: ModelPattern) -> Served:
    return Served(
        provider=provider,
        model=model,
        upstream_model=upstream_model(provider, model),
        pattern=pattern.text,
        reason=REASONS[pattern.kind].format(pattern.text),
    )


def _named(provider: Provider, model: str, reason: str) -> Served:
    return Served(
        provider=provider,
        model=model,
        upstream_model=upstream_model(provider, model),
        pattern="",
        reason=reason,
    )


def upstream_model(provider: Provider, model: str) -> str:
    """Return the name that the provider itself is sent: mapped, then as its type spells it."""
    mapped = provider.model_map.get(model, model)
    ptype = catalog.find(provider.type)
    return ptype.upstream_model(mapped) if ptype else mapped
