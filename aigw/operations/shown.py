"""Values as people and scripts are shown them."""

from aigw.spec.gateway import Listen
from aigw.spec.provider import Provider
from aigw.spec.secret import Stored
from aigw.state.secrets import KeyRing


def base_url(listen: Listen) -> str:
    """Return the base URL that clients are given."""
    address = f"[{listen.address}]" if ":" in listen.address else listen.address
    return f"http://{address}:{listen.http}/v1"


def console_url(listen: Listen) -> str:
    """Return where the console of a Higress gateway is."""
    address = f"[{listen.address}]" if ":" in listen.address else listen.address
    return f"http://{address}:{listen.console}"


def masked(provider: Provider, keys: KeyRing) -> tuple[str, ...]:
    """Show a provider's keys: masked, or where they are."""
    shown: list[str] = []
    for source in provider.keys:
        if source == Stored():
            shown += [key.masked() for key in keys.get(provider.id, ())]
        else:
            shown.append(str(source))
    return tuple(shown)
