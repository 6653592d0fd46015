"""Facts about one kind of LLM provider, as frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Api(StrEnum):
    """What a client can ask of a gateway; the value is the word used in the catalogue."""

    CHAT = "chat"
    COMPLETIONS = "completions"
    EMBEDDINGS = "embeddings"
    RESPONSES = "responses"
    RERANK = "rerank"
    IMAGES = "images"
    MESSAGES = "messages"
    COUNT_TOKENS = "count_tokens"
    MODELS = "models"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthHeader:
    """How a key travels: lower-case header name and what stands before the key (`"Bearer "` or `""`)."""

    header: str
    prefix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where a provider serves one API.

    `path` is appended to the path of the provider's base URL when it starts with `./` (`./chat/completions`),
    and stands for itself below the host when it starts with `/`. It may hold `${option}`.
    `auth` and `headers` replace and extend the provider's own.
    """

    path: str
    auth: AuthHeader | None
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionField:
    """One option of a provider type: `kind` is `string`, `boolean`, `integer`, `number` or `list` (of strings)."""

    name: str
    kind: str
    default: object
    required: bool
    choices: tuple[str, ...]
    pattern: str
    help: str
    engines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """Endpoints, base URL and headers that hold instead when an option has a value.

    Empty `base_url` keeps the base URL.
    """

    option: str
    value: object
    base_url: str
    endpoints: Mapping[Api, Endpoint]


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """USD per million tokens, and the day (ISO) and place the figures are from."""

    input: float
    output: float
    cached_input: float | None
    as_of: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownModel:
    """A model a provider is known to serve; sizes in tokens, 0 where unknown."""

    id: str
    kind: str
    context_window: int
    max_output_tokens: int
    price: Price | None
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderType:
    """One catalogue entry.

    `base_url` may hold `${option}`; `key_flags` and `models_flags` are option names of `aigw start` with
    their dashes (`--dashscope-key`); `patterns` are the default model patterns; `engines` says for each
    engine why it cannot run this type (empty: it can); `instead` is what to use when no engine here can;
    `injects_usage` is true where a stream reports usage only when asked by `stream_options.include_usage`;
    `key_hint` is a regular expression that real keys match, for a warning and never a refusal.
    """

    id: str
    label_en: str
    label_zh: str
    aliases: tuple[str, ...]
    key_variables: tuple[str, ...]
    key_required: bool
    key_flags: tuple[str, ...]
    models_flags: tuple[str, ...]
    base_url: str
    auth: AuthHeader
    headers: Mapping[str, str]
    endpoints: Mapping[Api, Endpoint]
    variants: tuple[Variant, ...]
    patterns: tuple[str, ...]
    options: tuple[OptionField, ...]
    models: tuple[KnownModel, ...]
    engines: Mapping[str, str]
    instead: str
    injects_usage: bool
    key_hint: str
    notes: tuple[str, ...]

    def option(self, name: str) -> OptionField | None:
        """Return the option field of that name."""
        return next((field for field in self.options if field.name == name), None)

    def names(self) -> tuple[str, ...]:
        """Return the id and every alias: all that `--provider` takes for this type."""
        return (self.id, *self.aliases)
