"""What is taken out of texts when somebody is forgotten, and what is not."""

import pytest

from threadline_threads.erasing.scrubbing import Scrubber

ANA = Scrubber(
    ["email:ana@a.example", "phone:+385912345678", "telegram:123456789"], ["Ana@A.example", "Ana Kovač", "Bo"]
)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Write to ANA@a.example.", "Write to erased."),
        ("<ana@a.example>, +385912345678", "<erased>, erased"),
        ("mailto:ana@a.example?subject=x", "mailto:erased?subject=x"),
        ("diana@a.example and ana@a.example.org", "diana@a.example and ana@a.example.org"),
        ("ana+work@a.example", "ana+work@a.example"),
        ("Ana Kovač ordered 123456789", "Ana Kovač ordered 123456789"),
        ("", ""),
    ],
)
def test_somebody_s_text_loses_addresses_and_numbers_alone(text: str, left: str) -> None:
    assert ANA.text(text) == left


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Its sender is Ana Kovač.", "Its sender is erased."),
        ("telegram:123456789 takes part", "erased takes part"),
        ("Bo wrote", "Bo wrote"),
    ],
)
def test_a_reason_of_ours_loses_everything(text: str, left: str) -> None:
    assert ANA.reason(text) == left


def test_json_keeps_its_shape() -> None:
    assert ANA.json(b'{"a":["ana@a.example",1,null,{"b":true}]}') == b'{"a":["erased",1,null,{"b":true}]}'


def test_json_without_them_stays_byte_for_byte() -> None:
    text = b'{ "a" : "bob@b.example" }'
    assert ANA.json(text) is text


def test_nobody_takes_out_nothing() -> None:
    nobody = Scrubber([])
    assert nobody.text("ana@a.example") == nobody.reason("ana@a.example") == "ana@a.example"
