"""The shape of a `gateway.yaml`: keys, types and forms, exactly as far as its JSON Schema can say.

What a schema cannot say (a model that nobody serves) is in `contradictions`.
"""

import re
from collections.abc import Mapping

from msgspec import Struct

from aigw.errors import Problem
from aigw.spec.default_patterns import settled
from aigw.spec.forms import (
    ADDRESS,
    API_VERSION,
    FIRST_PORT,
    LAST_PORT,
    MODEL,
    MOST_PROVIDERS,
    MOST_RULES,
    RULE_NAME,
    RULE_PATTERN,
    TRIGGER,
)
from aigw.spec.gateway import EngineName, GatewaySpec, Listen
from aigw.spec.image_shape import read_image, read_limits
from aigw.spec.node import Node, shown
from aigw.spec.provider_shape import read_provider
from aigw.spec.routing import AutoRouting, RoutingRule
from aigw.spec.rules import pattern_of_trigger

GATEWAY_KEYS = (
    "apiVersion",
    "engine",
    "listen",
    "image",
    "container",
    "providers",
    "autoRouting",
    "consumers",
    "logging",
)
LISTEN_KEYS = ("address", "http", "https", "console")
AUTO_ROUTING_KEYS = ("enabled", "default", "rules")
RULE_KEYS = ("name", "trigger", "pattern", "model")
ADVICE = {"apiversion": "is unknown; did you mean `apiVersion`?"}


class Shaped(Struct, frozen=True, kw_only=True):
    """A spec as far as it could be read, with empty values where it could not, and what is wrong.

    `readable` is false when nothing in the tree can be trusted (no mapping, another version).
    """

    spec: GatewaySpec
    problems: tuple[Problem, ...]
    readable: bool


def shaped(tree: object) -> Shaped:
    """Read the tree of a `gateway.yaml`."""
    problems: list[Problem] = []
    root = Node(tree, "", problems)
    if not isinstance(tree, dict):
        root.refuse("is empty" if root.absent else "must be a mapping that begins with apiVersion")
        return Shaped(spec=GatewaySpec(), problems=tuple(problems), readable=False)
    if _is_newer(Node(tree.get("apiVersion"), "apiVersion", problems)):
        return Shaped(spec=GatewaySpec(), problems=tuple(problems), readable=False)
    at = root.fields(GATEWAY_KEYS, ADVICE)
    _read_fixed(at)
    spec = GatewaySpec(
        engine=_engine(at["engine"]),
        listen=_listen(at["listen"]),
        image=read_image(at["image"]),
        container=read_limits(at["container"]),
        providers=settled(
            read_provider(item.required()) for item in at["providers"].items(MOST_PROVIDERS)
        ),
        auto_routing=_auto_routing(at["autoRouting"]),
    )
    return Shaped(spec=spec, problems=tuple(problems), readable=True)


def _is_newer(version: Node) -> bool:
    """Say whether a newer program wrote this, whose keys may mean something else."""
    if version.required().absent or version.value == API_VERSION:
        return False
    newer = isinstance(version.value, str) and bool(
        re.match(r"aigw/v([2-9]|1[0-9])", version.value)
    )
    version.refuse(
        f"is {shown(version.value)}, of a newer aigw; this one reads `{API_VERSION}`: upgrade aigw"
        if newer
        else f"must be `{API_VERSION}`"
    )
    return newer


def _engine(node: Node) -> EngineName:
    return EngineName(node.word(tuple(EngineName)) or EngineName.AUTO)


def _listen(node: Node) -> Listen:
    at, default = node.fields(LISTEN_KEYS), Listen()
    address = at["address"].text(ADDRESS)
    return Listen(
        address="127.0.0.1" if address == "localhost" else address or default.address,
        http=at["http"].whole(FIRST_PORT, LAST_PORT) or default.http,
        https=at["https"].whole(FIRST_PORT, LAST_PORT) or default.https,
        console=at["console"].whole(FIRST_PORT, LAST_PORT) or default.console,
    )


def _auto_routing(node: Node) -> AutoRouting:
    at = node.fields(AUTO_ROUTING_KEYS)
    return AutoRouting(
        enabled=bool(at["enabled"].flag()),
        default=at["default"].text(MODEL),
        rules=tuple(_rule(item.required()) for item in at["rules"].items(MOST_RULES)),
    )


def _rule(node: Node) -> RoutingRule:
    at = node.fields(RULE_KEYS)
    trigger, pattern = at["trigger"].text(TRIGGER), at["pattern"].text(RULE_PATTERN)
    if isinstance(node.value, dict) and at["trigger"].absent == at["pattern"].absent:
        at["pattern"].refuse("is one of two: a rule has either `trigger` or `pattern`")
    return RoutingRule(
        name=at["name"].required().text(RULE_NAME),
        pattern=pattern_of_trigger(trigger) if trigger else pattern,
        trigger=trigger,
        model=at["model"].required().text(MODEL),
    )


def _read_fixed(at: Mapping[str, Node]) -> None:
    """Check the keys that can have one value only, so far."""
    auth = at["consumers"].fields(("auth",))["auth"]
    if not auth.absent and auth.value != "none":
        auth.refuse("must be `none`: keys for clients of the gateway are not there yet")
    content = at["logging"].fields(("content",))["content"]
    if not content.absent and content.value is not False:
        content.refuse("must be false: keeping prompts and answers is not there yet")
