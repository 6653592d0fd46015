"""Engines as a person's commands get them; each is imported only where it is used."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from aigw.cli.output import Output
from aigw.cli.progress import Waits
from aigw.state.paths import GatewayPaths

if TYPE_CHECKING:  # slow to import
    from aigw.engines import AnyEngine
    from aigw.engines.choice import Possible
    from aigw.engines.means import Means
    from aigw.spec.gateway import EngineName, GatewaySpec


class Engines(Struct, frozen=True, kw_only=True):
    """Makes engines that speak to the person."""

    output: Output
    waits: Waits

    def __call__(
        self, paths: GatewayPaths, engine: "EngineName", means: "Means | None" = None, /
    ) -> "AnyEngine":
        """Make the engine of a gateway."""
        return self._higress(paths, means) if engine == "higress" else self._envoy(paths, means)

    def look(self, spec: "GatewaySpec", /) -> "Possible":
        """Say whether the Higress engine can be had here."""
        from aigw.engines.higress_possible import possible

        with self.waits("looking for Docker and the image"):
            return possible(spec, environ=os.environ, home=Path.home(), zone=_zone)

    def _higress(self, paths: GatewayPaths, means: "Means | None") -> "AnyEngine":
        from aigw.cli.pull_progress import Pulls
        from aigw.engines.higress import HigressEngine
        from aigw.engines.means import Means
        from aigw.engines.voice import Voice

        voice = Voice(
            waiting=self.waits,
            step=self.output.step,
            note=self.output.note,
            pulls=Pulls(stream=self.output.stderr, shown=not self.output.quiet, waiting=self.waits),
        )
        return HigressEngine(
            paths, environ=os.environ, zone=_zone, voice=voice, means=means or Means()
        )

    def _envoy(self, paths: GatewayPaths, means: "Means | None") -> "AnyEngine":
        from aigw.engines.envoy import EnvoyEngine

        seconds = means.seconds if means else None
        return EnvoyEngine(paths, environ=os.environ, start_seconds=seconds, note=self.output.note)


def _zone() -> str:
    from aigw.clients.region import local_zone

    return local_zone(os.environ)
