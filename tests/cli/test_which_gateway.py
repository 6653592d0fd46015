"""Which gateway a command is for, where several are named."""

from tests.cli.program import Program


def test_a_gateway_that_is_named_counts_more_than_the_variable_wherever_it_stands(
    aigw: Program,
) -> None:
    environ = {"AIGW_GATEWAY": "variable"}
    for words in (("-g", "named", "status"), ("status", "-g", "named")):
        assert "there is no gateway `named`" in aigw(*words, environ=environ).err
    both = aigw("-g", "before", "status", "-g", "higress-ai-gateway", environ=environ)
    assert "there is no gateway `higress-ai-gateway`" in both.err
