"""Rules of a plugin's configuration: which part of it counts for a request."""

from typing import Any

Json = dict[str, Any]
MATCHES = ("_match_route_", "_match_domain_", "_match_service_", "_match_route_prefix_")


def rules_of(config: Json) -> list[Json]:
    """Return the rules."""
    given = config.get("_rules_")
    return [rule for rule in given if isinstance(rule, dict)] if isinstance(given, list) else []


def part_for(config: Json, *, route: str, domain: str, cluster: str) -> Json | None:
    """Return the first rule that matches, else the global part, else nothing."""
    service, port = (*cluster.split("|"), "", "", "", "")[3], cluster.split("|")[1:2]
    for rule in rules_of(config):
        if route in rule.get("_match_route_", []):
            return rule
        if any(_is_domain(wanted, domain) for wanted in rule.get("_match_domain_", [])):
            return rule
        names = {service, f"{service}:{port[0]}" if port else service}
        if names & set(rule.get("_match_service_", [])):
            return rule
    own = {key: value for key, value in config.items() if key != "_rules_"}
    return own or (None if rules_of(config) else {})


def _is_domain(wanted: str, domain: str) -> bool:
    host = domain.partition(":")[0]
    return wanted in {"*", host} or (wanted.startswith("*.") and host.endswith(wanted[1:]))
