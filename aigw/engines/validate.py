"""Let the real Envoy judge a configuration before it replaces the one that serves."""

import json
from collections.abc import Mapping

from aigw.clients import process
from aigw.engines.binary import find_envoy
from aigw.engines.log_words import chosen
from aigw.errors import EngineRefused
from aigw.rendering.envoy import EnvoyConfig, folded
from aigw.state.files import reason, write_atomically
from aigw.state.paths import GatewayPaths

_SECONDS = 30.0
_MOST_WORDS = 2000


def validate(paths: GatewayPaths, config: EnvoyConfig, environ: Mapping[str, str]) -> None:
    """Raise EngineRefused, with Envoy's words, for a configuration that it would not take."""
    file = paths.staging / "validate.json"
    write_atomically(file, json.dumps(folded(config)), durable=False)
    envoy = str(find_envoy(environ))
    command = (envoy, "--mode", "validate", "-c", str(file), "--log-level", "warning")
    try:
        ended = process.capture(command, environ=environ, seconds=_SECONDS)
    except OSError as error:
        raise EngineRefused(f"`{envoy}` could not be run: {reason(error)}") from error
    finally:
        file.unlink(missing_ok=True)
    if ended.code != 0:
        said = "; ".join(chosen(ended.output)) or f"exit code {ended.code}"
        raise EngineRefused(f"Envoy refused the configuration: {said[:_MOST_WORDS]}")
