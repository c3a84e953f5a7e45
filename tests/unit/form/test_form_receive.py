"""Multipart bodies, however they are cut into chunks."""

from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from threadline_contracts.errors import MalformedInputError
from threadline_form.entry import Entry
from threadline_form.receive import Receiver
from threadline_form.settings import Ask, Fields, Form, Limits

FORM = Form(limits=Limits(max_files=2, max_file_bytes=1000, max_total_bytes=1500))
END = b"--b--\r\n"


def a_field(name: str, value: bytes, extra: str = "") -> bytes:
    return f'--b\r\nContent-Disposition: form-data; name="{name}"{extra}\r\n\r\n'.encode() + value + b"\r\n"


def a_file(content: bytes, name: str = "a.txt") -> bytes:
    return a_field("files", content, f'; filename="{name}"')


def received(body: bytes, folder: Path | None, *, form: Form = FORM, chunk: int = 7) -> Entry:
    with closing(Receiver("b", form, folder)) as receiver:
        for start in range(0, len(body), chunk):
            receiver.feed(body[start : start + chunk])
        return receiver.finish()


def test_fields_are_kept_as_typed_and_files_go_to_the_disk(tmp_path: Path) -> None:
    entry = received(a_field("name", "Ána\r\n".encode()) + a_file(b"hello") + END, tmp_path)
    (file,) = entry.files
    assert entry.fields == {"name": "Ána\r\n"}
    assert (file.filename, file.media_type, file.size) == ("a.txt", "text/plain", 5)
    assert (file.path.read_bytes(), file.sha256) == (b"hello", sha256(b"hello").hexdigest())


@given(content=st.binary(max_size=900), text=st.text(max_size=50), chunk=st.integers(1, 400))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_the_cuts_between_chunks_do_not_matter(content: bytes, text: str, chunk: int, tmp_path: Path) -> None:
    body = a_field("message", text.encode()) + a_file(content) + END
    entry = received(body, tmp_path, chunk=chunk)
    assert entry.fields == {"message": text}
    assert [(file.path.read_bytes(), file.sha256) for file in entry.files] == [(content, sha256(content).hexdigest())]


def test_a_file_field_left_empty_is_no_file(tmp_path: Path) -> None:
    entry = received(a_file(b"", name="") + END, tmp_path)
    assert (entry.files, entry.had_files) == ((), False)


def test_a_file_in_a_field_of_another_name_is_not_lost(tmp_path: Path) -> None:
    entry = received(a_field("upload[]", b"x", '; filename="a.txt"') + END, tmp_path)
    assert len(entry.files) == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (a_file(b"x" * 1001), "file_too_large"),
        (a_file(b"x" * 800) * 2, "files_too_large"),
        (a_file(b"x") * 3, "too_many_files"),
        (a_file(b"MZ" + b"\0" * 70, name="cat.jpg"), "file_type"),
    ],
)
def test_files_beyond_the_limits_are_named_and_not_kept_whole(body: bytes, code: str, tmp_path: Path) -> None:
    entry = received(a_field("name", b"Ana") + body + END, tmp_path, chunk=100)
    assert [fault.code for fault in entry.faults] == [code]
    assert entry.fields == {"name": "Ana"}
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= FORM.limits.max_total_bytes


def test_without_a_folder_files_are_only_counted() -> None:
    entry = received(a_field("name", b"Ana") + a_file(b"hello") + END, None)
    assert (entry.fields, entry.files, entry.had_files) == ({"name": "Ana"}, (), True)


def test_a_form_without_files_ignores_them_and_says_so(tmp_path: Path) -> None:
    entry = received(a_file(b"hello") + END, tmp_path, form=Form(fields=Fields(files=Ask.OFF)))
    assert (entry.files, entry.ignored, list(tmp_path.iterdir())) == ((), 1, [])


def test_unknown_and_repeated_fields_are_counted(tmp_path: Path) -> None:
    body = a_field("name", b"Ana") + a_field("name", b"Ivo") + a_field("planet", b"Mars") + END
    entry = received(body, tmp_path)
    assert (entry.fields, entry.ignored) == ({"name": "Ana"}, 2)


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ('; filename="ra\u010dun.pdf"', "ra\u010dun.pdf"),
        ("; filename*=UTF-8''ra%C4%8Dun.pdf", "ra\u010dun.pdf"),
        ('; filename="..\\..\\x.txt"', "x.txt"),
    ],
)
def test_names_of_files_are_read_as_browsers_write_them(header: str, name: str, tmp_path: Path) -> None:
    entry = received(a_field("files", b"%PDF-1.4 ", header) + END, tmp_path)
    assert [file.filename for file in entry.files] == [name]


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        ("Grüße".encode(), "", "Grüße"),
        ("Grüße".encode("latin-1"), "\r\nContent-Type: text/plain; charset=iso-8859-1", "Grüße"),
        (b"\xff\xfe", "\r\nContent-Type: text/plain; charset=klingon", "\ufffd\ufffd"),
        (b"\xff\xfe", '\r\nContent-Type: text/plain; charset="a\0b"', "\ufffd\ufffd"),
    ],
)
def test_no_encoding_is_a_failure(value: bytes, kind: str, text: str, tmp_path: Path) -> None:
    assert received(a_field("name", value, kind) + END, tmp_path).fields == {"name": text}


def test_text_beyond_all_measure_is_cut_not_kept(tmp_path: Path) -> None:
    form = Form(limits=Limits(name=1, email=1, phone=1, subject=1, message=1))
    entry = received(a_field("message", b"x" * 200_000) + END, tmp_path, form=form, chunk=50_000)
    assert len(entry.fields["message"]) == 64 * 1024 + 12 * 5


@pytest.mark.parametrize(
    "body",
    [
        a_field("name", b"Ana"),
        b"",
        b"no boundary at all",
        b"--b\r\n\r\nno name\r\n" + END,
        a_field("name", b"x") * 101 + END,
        b"--b\r\n" + b"X" * 9000 + END,
    ],
    ids=["cut off", "empty", "text", "no disposition", "101 parts", "endless header"],
)
def test_what_is_not_multipart_is_malformed(body: bytes, tmp_path: Path) -> None:
    with pytest.raises(MalformedInputError):
        received(body, tmp_path, chunk=1000)


@given(body=st.binary(max_size=300))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_else_escapes(body: bytes, tmp_path: Path) -> None:
    for hostile in (body, b"--b\r\n" + body, a_file(body)):
        try:
            received(hostile, tmp_path, chunk=50)
        except MalformedInputError:
            continue


def test_a_body_stopped_in_the_middle_keeps_what_was_typed(tmp_path: Path) -> None:
    receiver = Receiver("b", FORM, tmp_path)
    receiver.feed(a_field("name", b"Ana") + a_field("message", b"Hello, it bur")[:-2])
    receiver.feed(b"ns" * 20)
    entry = receiver.stop()
    assert entry.fields["name"] == "Ana"
    assert entry.fields["message"].startswith("Hello, it burns")


def test_a_file_stopped_in_the_middle_leaves_nothing(tmp_path: Path) -> None:
    receiver = Receiver("b", FORM, tmp_path)
    receiver.feed(a_file(b"x" * 500)[:-2])
    assert (receiver.stop().files, list(tmp_path.iterdir())) == ((), [])
