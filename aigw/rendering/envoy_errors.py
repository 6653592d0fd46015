"""Envoy's own answers in the shapes of OpenAI's and Anthropic's API."""

from collections.abc import Iterator

from aigw.rendering.layout import Layout
from aigw.rendering.template import Tree, filled

MESSAGES_PATH = "/v1/messages"


def mappers(layout: Layout) -> list[Tree]:
    """Return the rows of `local_replies.yaml` as Envoy's mappers, each for both APIs."""
    rows = filled("envoy/local_replies.yaml", body_limit=layout.limits.body)["rows"]
    return [mapper for row in _rows(rows) for mapper in _both(row)]


def _rows(rows: Tree) -> Iterator[dict[str, Tree]]:
    for row in rows if isinstance(rows, list) else []:
        yield {**row}


def _both(row: dict[str, Tree]) -> Iterator[Tree]:
    cause = _cause(row)
    anthropic = {"type": "error", "error": {"type": row["anthropic"], "message": row["message"]}}
    openai = {
        "error": {
            "message": row["message"],
            "type": row["type"],
            "code": row["code"],
            "param": None,
        }
    }
    asked_for_messages = {"or_filter": {"filters": [_path_noted(), _path_asked()]}}
    both = {"and_filter": {"filters": [cause, asked_for_messages]}}
    yield filled("envoy/local_reply.yaml", filter=both, status=row["status"], body=anthropic)
    yield filled("envoy/local_reply.yaml", filter=cause, status=row["status"], body=openai)


def _cause(row: dict[str, Tree]) -> dict[str, Tree]:
    if flags := row.get("flags"):
        return {"response_flag_filter": {"flags": flags}}
    value = {"default_value": row["when"], "runtime_key": f"aigw.local_reply.{row['when']}"}
    status = {"status_code_filter": {"comparison": {"op": "EQ", "value": value}}}
    return {"and_filter": {"filters": [status, _not_ours()]}}


def _not_ours() -> dict[str, Tree]:
    """Leave the answers of our own program alone: they have their words already."""
    matcher = {"filter": "aigw", "path": [{"key": "refused"}], "value": {"bool_match": False}}
    return {"metadata_filter": {"matcher": matcher, "match_if_key_not_found": True}}


def _path_noted() -> dict[str, Tree]:
    """The path as the program noted it: the one in the headers is the provider's by then."""
    matcher = {
        "filter": "aigw",
        "path": [{"key": "path"}],
        "value": {"string_match": {"prefix": MESSAGES_PATH}},
    }
    return {"metadata_filter": {"matcher": matcher, "match_if_key_not_found": False}}


def _path_asked() -> dict[str, Tree]:
    return {
        "header_filter": {"header": {"name": ":path", "string_match": {"prefix": MESSAGES_PATH}}}
    }
