"""JSON as Higress' console writes it into a ConfigMap (Google's Gson, with HTML escaped)."""

import json
import re

from aigw.rendering.template import Tree

_HTML = re.compile(r"[<>&='\u2028\u2029]")


def gson(tree: Tree) -> str:
    """Return the text; the members stand in the order in which they are given."""
    text = json.dumps(tree, separators=(",", ":"), ensure_ascii=False)
    return _HTML.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
