"""How results of the `route` commands read."""

from aigw.cli.output import table
from aigw.cli.words.shared import as_before, count, effect, named, odd
from aigw.operations.routes import PresetsListed, RoutingChanged, RuleChanged, RulesListed


def rule_added(added: RuleChanged) -> str:
    """Say what a rule does now."""
    rule = added.rule
    text = f"added rule {rule.name} ({rule.id}): {rule.trigger or rule.pattern} -> {rule.model}"
    return "\n".join((text, effect(added) if added.enabled else _off(added.gateway)))


def rule_removed(removed: RuleChanged) -> str:
    """Say which rule is gone."""
    return f"removed rule {removed.rule.name} ({removed.rule.id})\n{effect(removed)}"


def routing_changed(changed: RoutingChanged) -> str:
    """Say what auto-routing does now."""
    text = f"auto-routing is on: {changed.default_model} where no rule matches"
    if not changed.enabled:
        kept = f"; {count(changed.rules, 'rule')} kept" if changed.rules else ""
        text = f"auto-routing is off{kept}"
    return f"{text}\n{effect(changed)}" if changed.changed else as_before(text, changed)


def rules_listed(listed: RulesListed, width: int | None) -> str:
    """Lay the rules out as a table, in their order."""
    head = f"default model: {listed.default_model}" if listed.enabled else _off(listed.gateway)
    rows = [(one.name, one.id, one.trigger or one.pattern, one.model) for one in listed.rules]
    rules = table(("name", "id", "trigger or pattern", "model"), rows, width)
    none = f"no rules; `aigw{named(listed.gateway)} route add` adds one"
    return "\n".join((head, rules or none, *odd(listed.lints)))


def presets_listed(listed: PresetsListed, width: int | None) -> str:
    """Lay the shipped triggers out as a table."""
    rows = [(one.name, one.label, one.trigger) for one in listed.presets]
    return table(("name", "for", "trigger"), rows, width)


def _off(gateway: str) -> str:
    return f"auto-routing is off; `aigw{named(gateway)} route default MODEL` switches it on"
