"""Change what a running Envoy serves, in an order in which no request fails, and see it taken."""

import json
import time
from collections.abc import Mapping, Sequence

from aigw.clients.envoy_admin import EnvoyAdmin, Subscription
from aigw.engines.config_files import remove_others, version_of, write_files
from aigw.engines.file_names import CLUSTERS, ROUTES, Files, is_secret, subscription, title
from aigw.engines.log_words import complaints, size
from aigw.engines.place import Place
from aigw.errors import EngineRefused, NotReady
from aigw.rendering.resource import discovery
from aigw.state.paths import GatewayPaths

ACKNOWLEDGE_SECONDS = 10.0
_POLL_SECONDS = 0.001
_NEVER = Subscription(version="", rejected=0)


class Reload:
    """From the files that lie there to those that are wanted."""

    def __init__(self, paths: GatewayPaths, admin: EnvoyAdmin, *, there: Files) -> None:
        self._paths = paths
        self._admin = admin
        self._there = dict(there)
        self._log_offset = size(paths.envoy_log)

    def run(self, wanted: Files, *, place: Place, generation: str) -> None:
        """Replace and prove: keys, then providers, then routes; what is removed goes last.

        Routes name the generation and are taken after everything they need, so whoever sees the
        generation is served by all of it. Raises EngineRefused with Envoy's own words, or
        NotReady; some files are replaced then.
        """
        secrets = [name for name in wanted if is_secret(name)]
        followed = self._admin.subscriptions()
        known = [name for name in secrets if subscription(name) in followed]
        new = [name for name in secrets if name not in known]
        self._take(wanted, known)
        self._write(wanted, [name for name in new if self._there.get(name) != wanted[name]])
        self._take(_with_leaving(self._there, wanted), [CLUSTERS])
        self._await(wanted, new, since=followed)
        self._take(wanted, [ROUTES])
        self._prove(place, generation)
        self._take(wanted, [CLUSTERS])
        remove_others(self._paths, wanted)

    def _take(self, wanted: Files, names: Sequence[str]) -> None:
        """Replace files that are not in force, and wait until they are."""
        since = self._admin.subscriptions()
        late = [
            name
            for name in names
            if self._there.get(name) != wanted[name]
            or _version(since, name) != version_of(wanted[name])
        ]
        self._write(wanted, late)
        self._await(wanted, late, since=since)

    def _prove(self, place: Place, generation: str) -> None:
        deadline = time.monotonic() + ACKNOWLEDGE_SECONDS
        while (seen := place.generation()) != generation:
            if time.monotonic() > deadline:
                serving = f"serves generation {seen}" if seen else "does not answer"
                raise NotReady(f"the gateway on `{place}` {serving}, not {generation}")
            time.sleep(_POLL_SECONDS)

    def _write(self, wanted: Files, names: Sequence[str]) -> None:
        write_files(self._paths, wanted, names)
        self._there.update({name: wanted[name] for name in names})

    def _await(
        self, wanted: Files, names: Sequence[str], *, since: Mapping[str, Subscription]
    ) -> None:
        versions = {name: version_of(wanted[name]) for name in names}
        deadline = time.monotonic() + ACKNOWLEDGE_SECONDS
        while versions:
            now = self._admin.subscriptions()
            versions = {name: own for name, own in versions.items() if _version(now, name) != own}
            for name in versions:
                if _rejected(now, name) > _rejected(since, name):
                    said = complaints(self._paths.envoy_log, self._log_offset)
                    raise EngineRefused(f"Envoy refused the new {title(name)}: {said}")
            if versions and time.monotonic() > deadline:
                raise NotReady(f"Envoy did not take the new {title(min(versions))} in time")
            time.sleep(_POLL_SECONDS if versions else 0)


def _version(taken: Mapping[str, Subscription], name: str) -> str:
    return taken.get(subscription(name), _NEVER).version


def _rejected(taken: Mapping[str, Subscription], name: str) -> int:
    return taken.get(subscription(name), _NEVER).rejected


def _with_leaving(there: Files, wanted: Files) -> Files:
    """Keep the clusters that are to go, for as long as there are routes to them."""
    clusters = json.loads(wanted[CLUSTERS])["resources"]
    names = {cluster["name"] for cluster in clusters}
    old = json.loads(there[CLUSTERS])["resources"] if CLUSTERS in there else []
    leaving = [cluster for cluster in old if cluster["name"] not in names]
    if not leaving:
        return wanted
    both = discovery([*clusters, *leaving]).tree()
    return {**wanted, CLUSTERS: json.dumps(both)}
