"""The model in a form: found where every parser finds it, refused where two could differ."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.forms import AUDIO, BOUNDARY, FILE, KIND, MODEL, form, models, sent_by_httpx, upload
from tests.unit.lua.program import LUAJIT, Program
from tests.unit.lua.test_scan import UNREADABLE_MODELS

LAST = f"\r\n--{BOUNDARY}--\r\n".encode()


def test_the_model_is_found_with_its_place(program: Program) -> None:
    body = upload("whisper-1", language="de")
    found = program.read(body, KIND)
    start = body.index(b"whisper-1") + 1
    assert found == {
        "form": True,
        "model": "whisper-1",
        "model_start": start,
        "model_end": start + len("whisper-1") - 1,
    }


TAKEN = {
    "behind the file": form((FILE, AUDIO), (MODEL, "m")),
    "alone": form((MODEL, "m")),
    "without a last line end": form((MODEL, "m"), end=f"--{BOUNDARY}--"),
    "a name without quotes": form(("content-disposition:form-data;name=model", "m")),
    "names in another case": form(('CONTENT-DISPOSITION: Form-Data; NAME="model"', "m")),
    "its own type": form((f"{MODEL}\r\nContent-Type: text/plain; charset=utf-8", "m")),
    "its own length": form((f"Content-Length: 1\r\n{MODEL}", "m")),
    "an encoding that is none": form((f"{MODEL}\r\nContent-Transfer-Encoding: 8BIT", "m")),
    "a file called model": form((MODEL, "m"), (FILE.replace("a.mp3", "model"), AUDIO)),
    "a file of a Chinese name": form((MODEL, "m"), (FILE.replace("a.mp3", "录音.mp3"), AUDIO)),
    "an empty file": form((MODEL, "m"), (FILE, b"")),
    "an empty part": form((MODEL, "m"), ('Content-Disposition: form-data; name="x"', "")),
    "lines that are nearly one between parts": form((MODEL, "m"), (FILE, b"\r\n--XyZ12\n--\r\n")),
    "a file of an encoded name": form(
        (MODEL, "m"), (FILE.replace('"a.mp3"', "\"a.mp3\"; filename*=UTF-8''%c3%a4.mp3"), AUDIO)
    ),
}


@pytest.mark.parametrize("body", TAKEN.values(), ids=TAKEN.keys())
def test_a_form_that_all_read_alike_is_taken(program: Program, body: bytes) -> None:
    found = program.read(body, KIND)
    assert isinstance(found, dict), found
    assert found["model"] == "m"
    assert models(KIND, body) == ["m"]


@pytest.mark.parametrize(
    "kind",
    [
        f'multipart/form-data; boundary="{BOUNDARY}"',
        f"Multipart/Form-Data;boundary={BOUNDARY}",
        f"multipart/form-data; charset=utf-8; Boundary={BOUNDARY}",
    ],
)
def test_a_content_type_of_a_form_is_known(program: Program, kind: str) -> None:
    assert isinstance(program.read(upload("m"), kind), dict)


@pytest.mark.parametrize(
    "kind",
    [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        f"multipart/form-data; boundary={BOUNDARY}; boundary=other",
        f"multipart/form-data; boundary={BOUNDARY}, multipart/form-data; boundary=other",
        f'multipart/form-data; boundary="{BOUNDARY}',
        'multipart/form-data; boundary="Xy\\Z123"',
        f"multipart/form-data; boundary*=us-ascii''{BOUNDARY}",
        f"multipart/form-data; boundary={BOUNDARY}; boundary*=us-ascii''other",
        "multipart/form-data; boundary=" + "x" * 71,
        f"multipart/form-data-x; boundary={BOUNDARY}",
        "multipart/form-data; boundary=other",
    ],
)
def test_a_form_whose_boundary_is_not_told_plainly_is_refused(program: Program, kind: str) -> None:
    assert program.read(upload("m"), kind) == "invalid_form"


@pytest.mark.parametrize("kind", ["", "text/plain", "multipart/mixed; boundary=x", "form-data"])
def test_whatever_is_not_called_a_form_is_read_as_json(program: Program, kind: str) -> None:
    found = program.read(b'{"model":"m"}', kind)
    assert isinstance(found, dict), found
    assert found["model"] == "m"
    assert program.read(upload("m"), kind) == "invalid_json"


BROKEN = {
    "nothing": b"",
    "JSON": b'{"model":"m"}',
    "words before it": b"hi\r\n" + form((MODEL, "m")),
    "a line end before it": b"\r\n" + form((MODEL, "m")),
    "no end": form((MODEL, "m"), end=""),
    "a cut end": form((MODEL, "m"), end=f"--{BOUNDARY}"),
    "half an end": form((MODEL, "m"), end=f"--{BOUNDARY}-"),
    "words behind it": form((MODEL, "m"), end=f"--{BOUNDARY}--\r\nhi"),
    "a second form behind it": form((MODEL, "m")) + form((MODEL, "n")),
    "line feeds alone": form((MODEL, "m")).replace(b"\r\n", b"\n"),
    "a boundary behind a line feed alone": form((FILE, f"x\n--{BOUNDARY}\n{MODEL}\n\nn")),
    "the boundary within a file": form((MODEL, "m"), (FILE, f"x--{BOUNDARY}x")),
    "a longer boundary": form((MODEL, "m"), (FILE, f"\r\n--{BOUNDARY}4\r\n{MODEL}\r\n\r\nn")),
    "blanks behind the boundary": form((MODEL, "m")).replace(b"123\r\n", b"123 \r\n", 1),
    "no headers": form((MODEL, "m")).replace(MODEL.encode() + b"\r\n\r\n", b""),
    "a header in two lines": form((MODEL.replace("; ", ";\r\n "), "m")),
    "a header that is none": form((f"{MODEL}\r\nhello", "m")),
    "a control character in a header": form((f"{MODEL}\r\nX-A: \0", "m")),
    "a line feed in a header": form((f'{MODEL}\nX: "', "m")),
}

AMBIGUOUS = {
    "two models": form((MODEL, "m"), (MODEL, "m")),
    "a model in capitals": form((MODEL.replace("model", "Model"), "m")),
    "a model beside one in capitals": form((MODEL, "m"), (MODEL.replace("model", "MODEL"), "n")),
    "a part without a name": form((MODEL, "m"), ("Content-Disposition: form-data", "n")),
    "a part that is something else": form((MODEL, "m"), ('Content-Disposition: x; name="a"', "n")),
    "a part without a disposition": form((MODEL, "m"), ("Content-Type: text/plain", "n")),
    "an encoded name": form((MODEL, "m"), ("Content-Disposition: form-data; name*=a''model", "n")),
    "a second, encoded name": form((MODEL, "m"), (f"{MODEL[:-6]}x\"; name*=a''model", "n")),
    "an escaped name": form((MODEL, "m"), (MODEL.replace("model", "mod\\el"), "n")),
    "an escaped file name": form((MODEL, "m"), (FILE.replace("a.mp3", 'a\\"; name=\\"model'), "n")),
    "two names": form((MODEL, "m"), (f'{MODEL}; name="x"', "n")),
    "two dispositions": form((f'Content-Disposition: form-data; name="x"\r\n{MODEL}', "m")),
    "an open quote": form((MODEL, "m"), (MODEL[:-1], "n")),
    "base64": form((f"{MODEL}\r\nContent-Transfer-Encoding: base64", "bQ==")),
    "quoted-printable": form((f"{MODEL}\r\nContent-Transfer-Encoding: quoted-printable", "=6d")),
}


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_form_is_refused(program: Program, body: bytes) -> None:
    assert program.read(body, KIND) == "invalid_form"


@pytest.mark.parametrize("body", AMBIGUOUS.values(), ids=AMBIGUOUS.keys())
def test_a_form_that_two_parsers_could_read_differently_is_refused(
    program: Program, body: bytes
) -> None:
    assert program.read(body, KIND) == "ambiguous_form"


RAW = {
    name: value[1:-1]
    for name, value in UNREADABLE_MODELS.items()
    if value.startswith(b'"') and b"\\" not in value
}


@pytest.mark.parametrize("value", RAW.values(), ids=RAW.keys())
def test_a_model_that_is_no_name_is_refused(program: Program, value: bytes) -> None:
    assert program.read(form((MODEL, value)), KIND) == "invalid_model"


def test_a_form_without_a_model_says_that_it_needs_one(program: Program) -> None:
    assert program.read(form((FILE, AUDIO)), KIND) == "model_required"
    assert program.read(form((MODEL, "")), KIND) == "model_required"


@pytest.mark.parametrize("model", ["auto", "higress/auto"])
def test_a_form_is_not_auto_routed(program: Program, model: str) -> None:
    assert program.read(upload(model), KIND) == "auto_form"


@settings(deadline=None)
@given(
    model=st.text(st.characters(categories=("L", "N"), include_characters="-/.:"), min_size=1),
    content=st.binary(max_size=200),
    name=st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=12),
)
def test_what_a_client_library_sends_is_read(model: str, content: bytes, name: str) -> None:
    kind, body = sent_by_httpx(model, content, name)
    found = LUAJIT.read(body, kind)
    if "\\" in name:
        assert found == "ambiguous_form"
    else:
        assert isinstance(found, dict), found
        assert found["model"] == model


PIECES = [b"", b"\r", b"\n", b"\r\n", b"\r\n\r\n", b"--", b'"', b";", b"\\", b" ", b"\t", b"model"]
PIECES += [f"--{BOUNDARY}".encode(), LAST, MODEL.encode(), b'name="model"', b"\r\n\r\nn\r\n"]


@settings(deadline=None, max_examples=500)
@given(data=st.data())
def test_no_change_of_a_form_finds_another_model_than_a_lenient_parser(data: st.DataObject) -> None:
    body = form((MODEL, "m"), (FILE, b"DATA\r\n"), (MODEL.replace("model", "x"), "y"))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(body)))
        until = data.draw(st.integers(at, min(at + 3, len(body))))
        body = body[:at] + data.draw(st.sampled_from(PIECES)) + body[until:]
    found = LUAJIT.read(body, KIND)
    if isinstance(found, dict):
        assert models(KIND, body) == [found["model"]]
