"""Facts about one kind of LLM provider, as frozen values."""

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct


class Api(StrEnum):
    """What a client can ask of a gateway; the value is the word used in the catalogue."""

    CHAT = "chat"
    COMPLETIONS = "completions"
    EMBEDDINGS = "embeddings"
    RESPONSES = "responses"
    RERANK = "rerank"
    IMAGES = "images"
    IMAGE_EDITS = "image_edits"
    IMAGE_VARIATIONS = "image_variations"
    SPEECH = "speech"
    TRANSCRIPTIONS = "transcriptions"
    TRANSLATIONS = "translations"
    MODERATIONS = "moderations"
    MESSAGES = "messages"
    COUNT_TOKENS = "count_tokens"
    MODELS = "models"


class AuthHeader(Struct, frozen=True, kw_only=True):
    """How a key travels: lower-case header name, and what is before the key (`"Bearer "`, `""`)."""

    header: str
    prefix: str


class Endpoint(Struct, frozen=True, kw_only=True):
    """Where a provider serves one API.

    `path` is appended to the path of the provider's base URL when it starts with `./`
    (`./chat/completions`), and stands for itself below the host when it starts with `/`. It may
    hold `${option}`. `auth` and `headers` replace and extend the provider's own.
    """

    path: str
    auth: AuthHeader | None
    headers: Mapping[str, str]


class OptionField(Struct, frozen=True, kw_only=True):
    """One option of a provider type.

    `kind` is `string`, `boolean`, `integer` or `list` (of strings); `default` is None where there
    is none; an empty `pattern` and no `choices` take every value of the kind; `flags` (of `aigw
    start`, with their dashes) and `variables` (of the environment) are other ways to give it;
    `engines` names those that use it.
    """

    name: str
    kind: str
    default: object
    required: bool
    choices: tuple[str, ...]
    pattern: str
    minimum: int | None
    maximum: int | None
    flags: tuple[str, ...]
    variables: tuple[str, ...]
    help: str
    engines: tuple[str, ...]


class Variant(Struct, frozen=True, kw_only=True):
    """What holds instead when the options have all the values in `when`.

    An empty `base_url` keeps the base URL, no `patterns` keep the patterns, and `endpoints` are
    laid over the others.
    """

    when: Mapping[str, object]
    base_url: str
    endpoints: Mapping[Api, Endpoint]
    patterns: tuple[str, ...]


class Price(Struct, frozen=True, kw_only=True):
    """USD per million tokens, and the day (ISO) and place the figures are from."""

    input: float
    output: float
    cached_input: float | None
    as_of: str
    source: str


class KnownModel(Struct, frozen=True, kw_only=True):
    """A model a provider is known to serve; sizes in tokens, 0 where unknown."""

    id: str
    kind: str
    context_window: int
    max_output_tokens: int
    price: Price | None
    note: str


class OnHigress(Struct, frozen=True, kw_only=True):
    """What Higress' plugin ai-proxy makes of a type.

    `type` is the plugin's own name for it. Requests of that type go to `host`, to the value of the
    option `domain`, or to where the option `address` points; where nothing of that fits the
    provider's URL it becomes an `openai` of that URL.
    Of the options those of Higress alone are passed on, and `always` even where they have their
    defaults; `fields` are written beside them. With `asked_for` the type is used only where an
    option that Higress alone knows is set.
    """

    type: str
    host: str
    domain: str
    address: str
    always: tuple[str, ...]
    fields: Mapping[str, object]
    asked_for: bool


class ProviderType(Struct, frozen=True, kw_only=True):
    """One catalogue entry.

    `base_url` may hold `${option}`; one that begins with `/` has no host, and such a type needs a
    URL from the user; `key_flags` and `models_flags` are option names of `aigw start` with their
    dashes (`--dashscope-key`); `patterns` are the default model patterns before any variant (see
    `default_patterns`); `model_prefix` is what the provider wants before a model's name
    (`google/`); `engines` says for each engine why it cannot run this type (empty: it can);
    `instead` is what to use where an engine or a kind of key cannot be used; `warning` is what a
    person must be told before a key is kept; `injects_usage` is true where a stream reports usage
    only when asked by `stream_options.include_usage`; `key_hint` is a regular expression that
    real keys match, for a warning and never a refusal; `higress` says what that engine calls it.
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
    higress: OnHigress
    headers: Mapping[str, str]
    endpoints: Mapping[Api, Endpoint]
    variants: tuple[Variant, ...]
    patterns: tuple[str, ...]
    model_prefix: str
    options: tuple[OptionField, ...]
    models: tuple[KnownModel, ...]
    engines: Mapping[str, str]
    instead: str
    warning: str
    injects_usage: bool
    key_hint: str
    notes: tuple[str, ...]

    @property
    def needs_url(self) -> bool:
        """Say whether only the user knows where such a provider lives."""
        return self.base_url.startswith("/")

    def option(self, name: str) -> OptionField | None:
        """Return the option field of that name."""
        return next((field for field in self.options if field.name == name), None)

    def label(self, *, chinese: bool) -> str:
        """Return the name that people of that language know the type by."""
        return self.label_zh if chinese else self.label_en

    def names(self) -> tuple[str, ...]:
        """Return the id and every alias: all that `--provider` takes for this type."""
        return (self.id, *self.aliases)

    def effective(self, options: Mapping[str, object]) -> dict[str, object]:
        """Lay the options given over the defaults; options with neither are left out."""
        defaults = {
            field.name: field.default for field in self.options if field.default is not None
        }
        return {**defaults, **options}

    def chosen_variants(self, options: Mapping[str, object]) -> tuple[Variant, ...]:
        """Return the variants that hold with these options, later ones to be laid over earlier."""
        values = self.effective(options)
        return tuple(
            variant
            for variant in self.variants
            if all(values.get(name) == value for name, value in variant.when.items())
        )

    def default_patterns(self, options: Mapping[str, object]) -> tuple[str, ...]:
        """Return the model patterns of such a provider when the user chose none."""
        given = [variant.patterns for variant in self.chosen_variants(options) if variant.patterns]
        return given[-1] if given else self.patterns

    def upstream_model(self, model: str) -> str:
        """Return the name that the provider itself knows the model by."""
        return model if model.startswith(self.model_prefix) else f"{self.model_prefix}{model}"
