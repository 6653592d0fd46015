"""Providers in the words of Higress' plugin ai-proxy: a type of its own, or an `openai` by URL."""

import re
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace

from aigw import catalog
from aigw.catalog.provider_type import Api, ProviderType
from aigw.catalog.target import PORTS, Target, resolve
from aigw.errors import BadUsage
from aigw.rendering.higress_upstream import AUTH_REGISTRY, Place, Upstream, place
from aigw.rendering.template import Tree
from aigw.spec.provider import Provider
from aigw.spec.secret import Secret

CHAT, MESSAGES = "/chat/completions", "/v1/messages"

# A base URL with such an end is to ai-proxy the one path for everything (openai.go, isDirectPath).
DIRECT = re.compile(
    r"/(?:completions|embeddings|audio/\w+|images/\w+|models|responses|fine_tuning/\w+|realtime"
    r"|videos|rerank)$"
)


class Asked(Struct, frozen=True, kw_only=True):
    """What a user wants of one provider."""

    provider: Provider
    ptype: ProviderType
    keys: tuple[Secret, ...]

    @property
    def particular(self) -> Mapping[str, Tree]:
        """The options that only Higress knows and that are not as they always are."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in self.provider.options.items()
            if (field := self.ptype.option(name))
            and field.engines == ("higress",)
            and name != self.ptype.higress.address
            and value != field.default
        }

    @property
    def fields(self) -> dict[str, Tree]:
        """What ai-proxy is told of the options, with its name of the type."""
        known = self.ptype.higress
        values = self.ptype.effective(self.provider.options)
        always = {name: values[name] for name in known.always if name in values}
        return {"type": known.type, **always, **self.particular, **known.fields}

    def option(self, name: str) -> str:
        """Return the value of an option, given or not, as text."""
        return str(self.ptype.effective(self.provider.options).get(name, ""))

    def target(self) -> Target:
        """Return where the provider is."""
        return resolve(self.ptype, self.provider.options, self.provider.url)

    def place(self) -> Place:
        """Return where the provider is, seen from the container."""
        target = self.target()
        return place(target.scheme, target.host, target.port)

    def base(self, api: Api, ending: str) -> str | None:
        """Return the path below which the provider serves an API as everybody does, or None."""
        path = self.target().paths.get(api, "").partition("?")[0]
        return path.removesuffix(ending) if path.endswith(ending) else None

    def upstream(self, where: Place, **fields: Tree) -> Upstream:
        """Return the provider at that place."""
        told = {**self.fields, **fields}
        return Upstream(id=self.provider.id, fields=told, place=where, keys=self.keys)


def upstream(provider: Provider, keys: tuple[Secret, ...]) -> Upstream:
    """Return what Higress is told of a provider.

    Raises BadUsage for an option or URL that names no endpoint, or none that Higress can reach.
    """
    ptype = catalog.find(provider.type)
    if ptype is None:
        raise KeyError(provider.type)
    if provider.id.endswith("-"):
        raise BadUsage(f"Higress takes no id that ends in `-`: `{provider.id}`")
    asked = Asked(provider=provider, ptype=ptype, keys=keys)
    made = FORMS.get(ptype.higress.type, _of_its_host)(asked) or _by_url(asked)
    return _renaming(asked, made)


def _of_its_host(asked: Asked) -> Upstream | None:
    """A type that ai-proxy sends to one host, or to that of an option."""
    known, target = asked.ptype.higress, asked.target()
    if not known.host or (known.asked_for and not asked.particular):
        return None
    usual = {**asked.provider.options, known.domain: known.host} if known.domain else {}
    expected = resolve(asked.ptype, usual, "")
    moved = target.host not in {expected.host, known.host}
    if (moved and not known.domain) or _reach(target) != _reach(expected):
        return None
    where = asked.place() if moved else _https(known.host)
    return asked.upstream(where, **({known.domain: where.host} if moved else {}))


def _reach(target: Target) -> tuple[str, int, str | None]:
    """Return all but the host of where a provider's chat API is."""
    return target.scheme, target.port, target.paths.get(Api.CHAT)


def _by_url(asked: Asked) -> Upstream:
    """The provider as one that speaks OpenAI's API at its base URL."""
    if asked.particular:
        raise BadUsage(
            f"option `{next(iter(asked.particular))}` of provider `{asked.provider.id}` works only "
            "where Higress itself sends such requests: without a url, and with its usual host"
        )
    where, path = asked.place(), asked.base(Api.CHAT, CHAT)
    if path is None:
        raise BadUsage(f"a provider of type {asked.ptype.id} has no chat API that Higress can use")
    if DIRECT.search(path):
        raise BadUsage(f"Higress would send everything to `{path}` itself: give another url")
    fields = {"type": "openai", "openaiCustomUrl": where.url(path)}
    return Upstream(id=asked.provider.id, fields=fields, place=where, keys=asked.keys)


def _claude(asked: Asked) -> Upstream:
    where, path = asked.place(), asked.base(Api.MESSAGES, MESSAGES)
    if path is None:
        url = asked.provider.url
        raise BadUsage(f"the url of provider `{asked.provider.id}` must end in `/v1`: `{url}`")
    if (where.url(path)) == f"https://{asked.ptype.higress.host}":
        return asked.upstream(where)
    return asked.upstream(
        where,
        claudeCustomUrl=where.url(path),
        providerDomain=where.host,
        providerBasePath=path or "/",
    )


def _azure(asked: Asked) -> Upstream | None:
    url = asked.option("azureServiceUrl")
    if not url:
        return None
    where = _place_of(url)
    parts = urlsplit(url)
    whole = where.url(parts.path + "?" + parts.query)
    return asked.upstream(where, azureServiceUrl=whole)


_CREDENTIALS = ("awsAccessKey", "awsSecretKey", "vertexAuthKey")


def credentials(entry: Mapping[str, Tree]) -> Iterator[Secret]:
    """Yield the keys in a provider's entry of ai-proxy, each as it stands there."""
    tokens = entry.get("apiTokens")
    for text in tokens if isinstance(tokens, list) else ():
        yield Secret(str(text))
    for name in _CREDENTIALS:
        if text := entry.get(name):
            yield Secret(str(text))


def sends_key(entry: Mapping[str, Tree]) -> bool:
    """Say whether a provider gets a key with each request; Triton's is for the plugin alone."""
    return entry.get("type") != "triton" and any(credentials(entry))


def tried_model(entry: Mapping[str, Tree]) -> str:
    """Return a model that ai-proxy takes for a provider: DeepL has two plans and no other."""
    return "Free" if entry.get("type") == "deepl" else "probe"


def asks_for_tokens(entry: Mapping[str, Tree]) -> bool:
    """Say whether a provider's key is exchanged for a token, over the network, at each request."""
    return bool(entry.get("vertexAuthKey"))


def _bedrock(asked: Asked) -> Upstream | None:
    """Sign with a pair of access keys, `ID:SECRET`; an API key has no colon."""
    pairs = [key.reveal() for key in asked.keys if ":" in key.reveal()]
    if not pairs or asked.provider.url:
        return None
    if len(asked.keys) > 1:
        raise BadUsage(
            f"Higress signs with one pair of access keys: `{asked.provider.id}` has more"
        )
    identity, _, secret = pairs[0].partition(":")
    region = asked.option("awsRegion")
    signing = {"awsAccessKey": identity, "awsSecretKey": secret}
    made = asked.upstream(_https(f"bedrock-runtime.{region}.amazonaws.com"), **signing)
    return replace(made, keys=())


def _vertex(asked: Asked) -> Upstream | None:
    """Make tokens of a service account, given as its JSON."""
    accounts = [key.reveal() for key in asked.keys if key.reveal().startswith("{")]
    if not accounts or asked.provider.url:
        return None
    if len(asked.keys) > 1:
        raise BadUsage(f"Higress takes one service account: `{asked.provider.id}` has more keys")
    region = asked.option("vertexRegion").lower()
    host = "aiplatform.googleapis.com"
    made = asked.upstream(
        _https(host if region == "global" else f"{region}-{host}"),
        vertexRegion=region,
        vertexAuthKey=accounts[0],
        vertexAuthServiceName=AUTH_REGISTRY["name"],
    )
    return replace(made, keys=())


def _ollama(asked: Asked) -> Upstream | None:
    """An Ollama as one installs it; ai-proxy sends it no key and knows no other path."""
    where = asked.place()
    if asked.keys or where.scheme != "http" or asked.base(Api.CHAT, CHAT) != "/v1":
        return None
    return asked.upstream(where, ollamaServerHost=where.host, ollamaServerPort=where.port)


def _vllm(asked: Asked) -> Upstream | None:
    path = asked.base(Api.CHAT, CHAT)
    if path is None or DIRECT.search(path):
        return None
    where = asked.place()
    return asked.upstream(where, vllmCustomUrl=where.url(path))


def _deepl(asked: Asked) -> Upstream:
    """DeepL's free keys have their own end, and their own host."""
    free = any(key.ends_with(":fx") for key in asked.keys)
    return asked.upstream(_https("api-free.deepl.com" if free else "api.deepl.com"))


def _dify(asked: Asked) -> Upstream:
    url = asked.option("difyApiUrl") or asked.provider.url
    if not url:
        return asked.upstream(_https(asked.ptype.higress.host))
    where = _place_of(url)
    return asked.upstream(
        where, difyApiUrl=where.authority
    )  # the plugin makes it the host as it is


def _triton(asked: Asked) -> Upstream:
    domain = asked.option("tritonDomain")
    where = _place_of(f"http://{domain}") if domain else asked.place()
    made = asked.upstream(where, tritonDomain=where.authority)
    # The plugin does not start without a token for it, and sends none.
    return made if made.keys else replace(made, keys=(Secret("none"),))


FORMS: Mapping[str, Callable[[Asked], Upstream | None]] = {
    "azure": _azure,
    "bedrock": _bedrock,
    "claude": _claude,
    "deepl": _deepl,
    "dify": _dify,
    "ollama": _ollama,
    "triton": _triton,
    "vertex": _vertex,
    "vllm": _vllm,
}


def _renaming(asked: Asked, made: Upstream) -> Upstream:
    """Add ai-proxy's map of model names: those of the user, and what the type wants before all."""
    names = asked.provider.model_map
    prefix = asked.ptype.model_prefix
    if made.fields["type"] == "vertex" and not made.fields.get("vertexOpenAICompatible"):
        prefix = ""
    if regular := next((name for name in names if name.startswith("~")), ""):
        raise BadUsage(f"Higress would take the model `{regular}` for a pattern: leave out its `~`")
    mapping = {
        name: wanted if wanted.startswith(prefix) else f"{prefix}{wanted}"
        for name, wanted in names.items()
    }
    if prefix:
        mapping[f"~^(?:{re.escape(prefix)})?(.*)$"] = f"{prefix}$1"
    if not mapping:
        return made
    return replace(made, fields={**made.fields, "modelMapping": mapping})


def _https(host: str) -> Place:
    return Place(scheme="https", host=host, port=PORTS["https"])


def _place_of(url: str) -> Place:
    parts = urlsplit(url)
    return place(parts.scheme, parts.hostname or "", parts.port or PORTS[parts.scheme])
