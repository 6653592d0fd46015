"""The gateway's own program decides as the spec does, without an Envoy around it."""

from hypothesis import given
from hypothesis import strategies as st
from lupa import lua51, luajit21

from aigw.catalog.provider_type import Api
from aigw.catalog.target import Target
from aigw.rendering.envoy_models import gateway_program
from aigw.spec.gateway import GatewaySpec
from aigw.spec.provider import ModelPattern, Provider
from aigw.spec.serving import serve
from tests.unit.spec.trees import IDS, MODELS, PATTERNS

TARGET = Target(
    scheme="http", host="h", port=80, socket="", paths={Api.CHAT: "/"}, auth={}, headers={}
)


def provider(provider_id: str, patterns: list[str]) -> Provider:
    return Provider(
        id=provider_id,
        type="custom-openai",
        models=tuple(map(ModelPattern, patterns)),
        patterns_given=True,
        keys=(),
        url="http://h",
        model_map={},
        options={},
    )


PROVIDERS = st.lists(
    st.tuples(IDS, st.lists(PATTERNS, max_size=5)), max_size=6, unique_by=lambda pair: pair[0]
)


def decided(spec: GatewaySpec, model: str, forced: str) -> tuple[str, str] | None:
    """Ask the program."""
    names = {each.id: [f"{each.id}.1"] for each in spec.providers}
    targets = {each.id: TARGET for each in spec.providers}
    source = gateway_program(spec, targets=targets, routes=names, generation="g")
    lua = luajit21.LuaRuntime(encoding=None)
    lua_serve = lua.execute(f"{source}\nreturn serving.serve".encode())
    found = lua_serve(model.encode(), forced.encode() or None)
    match found:
        case (bytes() as provider_id, bytes() as bare):
            return provider_id.decode(), bare.decode()
        case _:
            return None


@given(pairs=PROVIDERS, data=st.data())
def test_the_program_and_the_spec_choose_the_same_provider(
    pairs: list[tuple[str, list[str]]], data: st.DataObject
) -> None:
    spec = GatewaySpec(providers=tuple(provider(*pair) for pair in pairs))
    ids = [each.id for each in spec.providers]
    texts = [pattern for _, patterns in pairs for pattern in patterns]
    filled = st.sampled_from(texts or ["x"]).map(lambda text: text.replace("*", data.draw(MODELS)))
    named = st.tuples(st.sampled_from(ids or ["x"]), MODELS | filled).map("/".join)
    model = data.draw(MODELS | filled | named)
    forced = data.draw(st.sampled_from(["", *ids]))
    served = serve(spec, model, forced=forced)
    expected = (served.provider.id, served.model) if served else None
    assert decided(spec, model, forced) == expected


def test_the_program_is_lua_5_1() -> None:
    source = gateway_program(GatewaySpec(), targets={}, routes={}, generation="g")
    lua = lua51.LuaRuntime()
    lua.execute(source)
    assert lua.globals().envoy_on_request
    assert lua.globals().envoy_on_response
