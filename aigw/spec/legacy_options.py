"""Settings of an old provider as options of ours, and what of them is left out."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from aigw.catalog.options import OptionValue, option_value
from aigw.catalog.provider_type import OptionField, ProviderType
from aigw.catalog.target import ENDPOINT_ENDINGS, url_problem
from aigw.errors import BadUsage
from aigw.spec.legacy_keys import SECRET_OPTIONS, is_placeholder
from aigw.spec.legacy_report import Findings
from aigw.spec.legacy_trees import on

URLS = ("openaiCustomUrl", "vllmCustomUrl", "claudeCustomUrl")
SILENT = frozenset({"id", "type", "apiTokens", "modelMapping", "genericHost", *URLS})
USUAL = {"protocol": ("openai", "openai/v1")}
NO_EFFECT = {"minimaxGroupId": "it has an effect only with minimaxApiType `pro`"}
AZURE_DOMAINS = ("openai.azure.com", "services.ai.azure.com", "openai.azure.cn")


def options(
    what: str, ptype: ProviderType, extras: Mapping[str, object], findings: Findings
) -> dict[str, OptionValue]:
    """Return what the type has an option for and is not so by default."""
    found: dict[str, OptionValue] = {}
    for name, value in extras.items():
        field = ptype.option(name)
        if name in SILENT or value is None or is_placeholder(str(value)):
            continue
        if field is None or _without_effect(name, extras):
            _leave_out(what, name, value, findings)
            continue
        try:
            given = _value(field, value)
        except BadUsage as error:
            findings.drop(f"{what}: {name}", error.message)
            continue
        if given != field.default:
            found[name] = given
    return {**found, **_azure_resource(ptype, found)}


def custom_url(what: str, extras: Mapping[str, object], findings: Findings) -> str:
    """Return the base URL that the console was given, empty where there is none."""
    url = next((str(extras[name]) for name in URLS if extras.get(name)), "")
    if not url and extras.get("genericHost"):
        url = f"https://{extras['genericHost']}"
    url = url.partition("?")[0].rstrip("/")
    ending = next((end for end in ENDPOINT_ENDINGS if url.endswith(end)), "")
    url = url.removesuffix(ending)
    if url and (problem := url_problem(url)):
        findings.drop(f"{what}: url", f"it {problem}")
        return ""
    return url


def azure_url(ptype: ProviderType, given: Mapping[str, OptionValue]) -> str:
    """Return the base URL of an Azure resource whose host is none of Azure's own."""
    classic = given.get("azureServiceUrl")
    if not classic or "azureResource" in given or ptype.id != "azure":
        return ""
    parts = urlsplit(str(classic))
    return f"{parts.scheme}://{parts.netloc}/openai/v1"


def _azure_resource(
    ptype: ProviderType, found: Mapping[str, OptionValue]
) -> dict[str, OptionValue]:
    host = urlsplit(str(found.get("azureServiceUrl", ""))).hostname or ""
    resource, _, domain = host.partition(".")
    if ptype.id != "azure" or domain not in AZURE_DOMAINS:
        return {}
    usual = domain == AZURE_DOMAINS[0]
    return {"azureResource": resource, **({} if usual else {"azureDomain": domain})}


def _without_effect(name: str, extras: Mapping[str, object]) -> bool:
    return name in NO_EFFECT and extras.get("minimaxApiType") != "pro"


def _leave_out(what: str, name: str, value: object, findings: Findings) -> None:
    """Say what is left out, unless it said what holds anyway; the value is never shown."""
    idle = isinstance(value, dict) and "enabled" in value and not on(value["enabled"])
    if value in USUAL.get(name, ()) or idle:
        return
    why = NO_EFFECT.get(name, "aigw has no such setting")
    if name in SECRET_OPTIONS:
        why = "such credentials cannot be used; an API key can"
    findings.drop(f"{what}: {name}", why)


def _value(field: OptionField, value: object) -> OptionValue:
    if isinstance(value, list):
        return option_value(field, ",".join(str(item) for item in value))
    return option_value(field, str(value))
