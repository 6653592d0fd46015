"""The shapes of errors, checked whole."""

from tests.envoy.client import Reply

INVALID = "invalid_request_error"


def openai_error(reply: Reply) -> tuple[int, str, str, str | None]:
    """Check the shape; return status, type, code and param."""
    assert reply.header("content-type") == "application/json"
    assert reply.json().keys() == {"error"}
    error = reply.json()["error"]
    assert error.keys() == {"message", "type", "code", "param"}
    assert error["message"]
    return reply.status, error["type"], error["code"], error["param"]


def anthropic_error(reply: Reply) -> tuple[int, str]:
    """Check the shape; return status and type."""
    assert reply.header("content-type") == "application/json"
    assert reply.json().keys() == {"type", "error"}
    assert reply.json()["type"] == "error"
    error = reply.json()["error"]
    assert error.keys() == {"type", "message"}
    assert error["message"]
    return reply.status, error["type"]


def message(reply: Reply) -> str:
    """Return the words for people."""
    text = reply.json()["error"]["message"]
    assert isinstance(text, str)
    return text
