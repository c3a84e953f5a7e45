"""What is wrong with a submission, field by field."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threadline_form.settings import Ask, Fields, Form, Limits
from threadline_form.submission import Submission
from threadline_form.validate import FileFact, field_faults, file_faults, is_email, is_key

FORM = Form(limits=Limits(name=5, max_files=2, max_file_bytes=100, max_total_bytes=150))


def faults(fields: Mapping[str, str], form: Form = FORM) -> dict[str, str]:
    submission = Submission(**{"key": "k", "name": "Ana", "message": "Hello", **fields})
    return {fault.field: fault.code for fault in field_faults(submission, form)}


def a_file(name: str = "a.txt", kind: str = "text/plain", size: int = 10) -> FileFact:
    return FileFact(filename=name, media_type=kind, size=size)


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({}, {}),
        ({"name": " "}, {"name": "required_name"}),
        ({"message": "\r\n\t"}, {"message": "required_message"}),
        ({"name": "Anastasia"}, {"name": "too_long"}),
        ({"name": "  Ana  "}, {}),
        ({"name": "A\r\nn\r\na"}, {}),
        ({"email": "ana@example"}, {"email": "not_email"}),
        ({"email": " ana@example.org "}, {}),
        ({"phone": "call me"}, {"phone": "not_phone"}),
        ({"phone": "+385 (1) 2345-678 ext. 9"}, {}),
        ({"phone": "٠١٢٣"}, {}),
        (
            {"name": "", "message": "", "email": "@"},
            {n: f"required_{n}" for n in ("name", "message")} | {"email": "not_email"},
        ),
    ],
    ids=repr,
)
def test_each_field_has_at_most_one_fault(fields: dict[str, str], found: dict[str, str]) -> None:
    assert faults(fields) == found


def test_a_field_that_is_off_is_not_looked_at() -> None:
    form = Form(fields=Fields(name=Ask.OFF, email=Ask.REQUIRED, phone=Ask.OFF))
    assert faults({"name": "", "phone": "none"}, form) == {"email": "required_email"}


@pytest.mark.parametrize(
    "address",
    [
        "ana@example.org",
        "a@localhost",
        "ana+x@sub.example.org",
        "ана@пример.рф",
        "o'neil@example.org",
        "a@[x].y",
        '"@b.c',
    ],
)
def test_an_address_that_somebody_may_have_is_taken(address: str) -> None:
    assert is_email(address)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ana",
        "@example.org",
        "ana@",
        "ana@example",
        "a@b@c.d",
        "ana @example.org",
        "ana@example..org",
        "ana@.org",
        "ana@example.org\r\nBcc: x@y.z",
        "Ana <ana@example.org>",
        "a@b.c,d@e.f",
        "x" * 65 + "@example.org",
    ],
)
def test_an_address_that_nobody_can_have_is_not(address: str) -> None:
    assert not is_email(address)


@given(st.text(max_size=40))
def test_looking_for_an_address_never_fails(text: str) -> None:
    assert is_email(text) in {True, False}


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ([], ""),
        ([a_file()], ""),
        ([a_file(), a_file(), a_file()], "too_many_files"),
        ([a_file(size=101)], "file_too_large"),
        ([a_file(size=100), a_file(size=51)], "files_too_large"),
        ([a_file("run.exe")], "file_type"),
        ([a_file("photo.jpg", "application/x-msdownload")], "file_type"),
    ],
)
def test_files_have_one_fault_the_most_useful(files: list[FileFact], code: str) -> None:
    assert [fault.code for fault in file_faults(files, FORM)] == ([code] if code else [])


@pytest.mark.parametrize(("kind", "welcome"), [("image/png", True), ("application/pdf", True), ("text/plain", False)])
def test_only_allowed_types_are_welcome_where_there_are_some(kind: str, *, welcome: bool) -> None:
    form = Form(limits=Limits(allowed_types=("image/*", "application/pdf")))
    assert (not list(file_faults([a_file(kind=kind)], form))) is welcome


def test_a_file_can_be_required() -> None:
    form = Form(fields=Fields(files=Ask.REQUIRED))
    assert [fault.code for fault in file_faults([], form)] == ["required_files"]


@pytest.mark.parametrize(
    ("key", "good"), [("a", True), ("x" * 200, True), ("", False), ("x" * 201, False), ("a b", False), ("é", False)]
)
def test_a_key_is_short_printable_ascii(key: str, *, good: bool) -> None:
    assert is_key(key) is good
