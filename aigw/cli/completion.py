"""What the shell offers: names of gateways, provider types, providers, models and rules."""

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

from typer import Context

from aigw.errors import AigwError

if TYPE_CHECKING:  # every command imports this module, and few need specs
    from aigw.spec.gateway import GatewaySpec


def gateways(incomplete: str) -> list[str]:
    """Offer the gateways of this user."""
    from aigw.state.paths import Home  # late: only completion needs it before a command runs

    try:
        names = Home.find(os.environ).names()
    except AigwError:
        return []
    return _starting(names, incomplete)


def provider_types(incomplete: str) -> list[str]:
    """Offer the types of the catalogue."""
    from aigw import catalog  # late: as above

    return _starting((ptype.id for ptype in catalog.every()), incomplete)


def providers(ctx: Context, incomplete: str) -> list[str]:
    """Offer the providers of the gateway that the command line names."""
    return _starting((provider.id for provider in _spec(ctx).providers), incomplete)


def models(ctx: Context, incomplete: str) -> list[str]:
    """Offer the models that the gateway lists."""
    from aigw.spec.serving import listed  # late: as above

    return _starting((model.id for model in listed(_spec(ctx))), incomplete)


def rules(ctx: Context, incomplete: str) -> list[str]:
    """Offer the names of the rules."""
    return _starting((rule.name for rule in _spec(ctx).auto_routing.rules), incomplete)


def presets(incomplete: str) -> list[str]:
    """Offer the shipped triggers."""
    from aigw.spec.presets import PRESETS  # late: as above

    return _starting((preset.name for preset in PRESETS), incomplete)


def _spec(ctx: Context) -> "GatewaySpec":
    """Read the spec of the gateway meant; an empty one where it cannot be read."""
    from aigw.spec.gateway import GatewaySpec  # late: as above
    from aigw.state.document import load
    from aigw.state.paths import Home

    try:
        return load(Home.find(os.environ).existing(ctx.params["gateway"]))
    except AigwError:
        return GatewaySpec()


def _starting(names: Iterable[str], incomplete: str) -> list[str]:
    return [name for name in names if name.startswith(incomplete)]
