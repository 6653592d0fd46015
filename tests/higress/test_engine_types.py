"""Every type of provider that Higress serves can be had: what proves a start asks what it takes."""

import json

import pytest

from aigw import catalog
from aigw.catalog.provider_type import ProviderType
from tests.higress.higress_machine import HigressMachine
from tests.higress.upstreams import Upstream

pytestmark = pytest.mark.docker
NEEDED: dict[str, dict[str, str]] = {
    "azure": {"azureResource": "mine"},
    "bedrock": {"awsRegion": "eu-west-1"},
    "vertex": {"vertexProjectId": "p", "vertexRegion": "global"},
    "cloudflare": {"cloudflareAccountId": "0" * 32},
    "deepl": {"targetLang": "DE"},
}
KEYS = {"vertex": "ya29.made-up-token-0123456789"}
SERVED = [one for one in catalog.every() if not one.engines.get("higress")]


def spelled(one: ProviderType, provider: Upstream) -> dict[str, object]:
    """Spell a provider of a type with all that it needs; a model of its own is asked for."""
    more: dict[str, object] = {"options": NEEDED[one.id]} if one.id in NEEDED else {}
    if one.needs_url:
        more["url"] = f"http://{provider.ip}:8000/v1"
    return {"id": one.id, "type": one.id, "models": [f"{one.id}-m"], "keys": ["store"], **more}


def test_a_gateway_with_a_provider_of_every_type_starts(
    machine: HigressMachine, provider: Upstream
) -> None:
    keys = {one.id: [KEYS.get(one.id, f"sk-{one.id}-0123456789")] for one in SERVED}
    file = machine.document(*(spelled(one, provider) for one in SERVED))
    machine.data.mkdir(parents=True, mode=0o700)
    credentials = machine.data / "credentials.yaml"
    credentials.write_text(json.dumps(keys))
    credentials.chmod(0o600)
    machine.run("start", "--non-interactive", "--timeout", "40", "--file", str(file))
    told = json.loads(machine.run("status", "--json").out)
    states = {one["id"]: one["state"] for one in told["providers"]}
    assert (told["state"], states) == ("running", dict.fromkeys(keys, "configured"))
