"""How the console of a gateway reads."""

from aigw.cli.words.shared import named
from aigw.operations.console import ConsoleShown


def console_shown(shown: ConsoleShown) -> str:
    """Say where it is and who may use it."""
    password = f"`aigw{named(shown.gateway)} console --password` shows it"
    lines = [f"console: {shown.url}"]
    if shown.user:
        lines += [f"user: {shown.user}", f"password: {shown.password or password}"]
    return "\n".join(lines)
