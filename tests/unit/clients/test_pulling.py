from aigw.clients.pulling import PullProgress, problem, progress


def line(layer: str, status: str, current: int = 0, total: int = 0) -> dict[str, object]:
    """Make a line as Docker 20.10 sends it."""
    detail = {"current": current, "total": total} if current else {}
    return {"status": status, "progressDetail": detail, "id": layer}


def last(*lines: object) -> PullProgress:
    """Return the last value."""
    return [*progress(lines)][-1]


def test_a_pull_is_counted_in_layers_and_bytes() -> None:
    values = progress(
        [
            line("latest", "Pulling from d/x"),
            line("a", "Already exists"),
            line("b", "Pulling fs layer"),
            line("b", "Downloading", 10, 100),
            line("b", "Downloading", 100, 100),
            line("b", "Verifying Checksum"),
            line("b", "Download complete"),
            line("b", "Extracting", 50, 100),
            line("b", "Pull complete"),
            {"status": "Digest: sha256:aa"},
        ]
    )
    seen = [(one.done_layers, one.layers, one.done_bytes, one.bytes) for one in values]
    assert seen == [
        (1, 1, 0, 0),
        (1, 2, 0, 0),
        (1, 2, 10, 100),
        (1, 2, 100, 100),
        (2, 2, 100, 100),
    ]


def test_a_layer_that_was_fetched_between_two_lines_counts_by_its_size() -> None:
    value = last(line("a", "Pulling fs layer"), line("a", "Extracting", 5, 70))
    assert (value.done_bytes, value.bytes) == (70, 70)


def test_a_size_that_nobody_knows_is_what_has_come() -> None:
    value = last(line("a", "Downloading", 5, -1))
    assert (value.done_bytes, value.bytes) == (5, 5)


def test_a_layer_that_is_tried_again_begins_anew_and_says_so() -> None:
    value = last(line("a", "Downloading", 5, 9), line("a", "Retrying in 5 seconds"))
    assert (value.done_bytes, value.bytes, value.note) == (0, 9, "Retrying in 5 seconds")


def test_lines_that_are_of_no_layer_are_left_out() -> None:
    odd = [
        "text",
        3,
        None,
        {},
        {"id": 3, "status": 4},
        {"stream": "x"},
        line("x", "Trying to pull"),
    ]
    assert [*progress(odd)] == []


def test_an_error_is_found_in_both_of_its_forms() -> None:
    assert problem({"errorDetail": {"message": "no\n"}, "error": "no"}) == "no"
    assert problem({"error": "podman says no"}) == "podman says no"
    assert problem(line("a", "Downloading", 5, 9)) == ""
