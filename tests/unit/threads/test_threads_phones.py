"""Phone numbers: E.164 where it can be derived, and nobody's where it was withheld."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threadline_threads.phones import is_international, is_region, main_number, phone


@pytest.mark.parametrize(
    ("written", "region", "number"),
    [
        ("+385 91 123-4567", "", "+385911234567"),
        ("091 123 4567", "HR", "+385911234567"),
        ("091/123-4567", "HR", "+385911234567"),
        ("00385 91 1234567", "HR", "+385911234567"),
        ("385911234567", "HR", "+385911234567"),
        ("+49 (0)30 123456", "", "+4930123456"),
        ("8 (495) 123-45-67", "RU", "+74951234567"),
        ("+30 210 1234567", "", "+302101234567"),
        ("(201) 555-0123", "US", "+12015550123"),
        ("+86 10 6552 9988", "", "+861065529988"),
        ("\uff0b385 91 1234567", "", "+385911234567"),
        ("tel:+385911234567", "", "+385911234567"),
        ("sip:+49301234567@pbx.example;user=phone", "", "+49301234567"),
        ('"Ana" <sip:+385911234567@pbx.example>', "", "+385911234567"),
        ("sip:%2B385911234567@pbx.example", "", "+385911234567"),
    ],
)
def test_the_same_line_however_it_is_written(written: str, region: str, number: str) -> None:
    assert phone(written, region) == number


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("+49 30 123456 ext. 12", "+4930123456;ext=12"),
        ("tel:+1-201-555-0123;ext=12", "+12015550123;ext=12"),
        ("+49 30 123456 x 12", "+4930123456;ext=12"),
    ],
)
def test_an_extension_is_kept(written: str, number: str) -> None:
    assert phone(written) == number
    assert main_number(number) == number.partition(";")[0]


@pytest.mark.parametrize("written", ["1001", "10 01", "112", "123456", "sip:1001@pbx.example"])
def test_a_short_number_is_dialled_inside_and_belongs_to_no_country(written: str) -> None:
    assert phone(written, "DE").isdecimal()
    assert not is_international(phone(written, "DE"))


def test_no_country_is_guessed() -> None:
    assert phone("091 123 4567") == "0911234567"
    assert phone("091 123 4567") == phone("091/1234567")
    assert not is_international(phone("091 123 4567"))


@pytest.mark.parametrize("written", ["+12", "+999 12", "1234567", "5" * 30])
def test_what_can_be_no_number_of_the_region_is_only_equal_to_itself(written: str) -> None:
    assert phone(written, "US")
    assert not is_international(phone(written, "US"))


@pytest.mark.parametrize(
    "written",
    [
        "",
        " ",
        "-",
        "s",
        "0",
        "0000000000",
        "+0000",
        "anonymous",
        "Anonymous",
        "ANONYMOUS",
        "unknown",
        "restricted",
        "private",
        "unavailable",
        "withheld",
        "No Caller ID",
        "unbekannt",
        "skriven broj",
        "απόκρυψη",
        "номер скрыт",
        "匿名",
        "+266696687",
        "266696687",
        "+7378742833",
        "sip:anonymous@anonymous.invalid",
        "tel:",
        "sip:@pbx.example",
        '"Anonymous" <sip:anonymous@anonymous.invalid>',
        "sip:unknown@unknown.invalid",
    ],
)
def test_a_withheld_number_is_nobodys(written: str) -> None:
    assert phone(written) == ""


def test_what_spells_anonymous_may_be_somebodys_number_at_home() -> None:
    assert phone("266 69 66 87", "PT") == "+351266696687"


def test_a_sip_user_who_is_no_number_is_one_at_that_exchange() -> None:
    assert phone("sip:Ana@PBX.example") == phone("sip:ana@pbx.example;transport=tcp") == "sip:ana@pbx.example"
    assert phone("sip:ana@pbx.example") != phone("sip:ana@other.example")


def test_a_region_is_a_country_with_a_numbering_plan() -> None:
    assert is_region("HR")
    assert not is_region("XX")


@given(
    st.text(max_size=300) | st.from_regex(r"\+?[0-9 ()/.-]{0,40}", fullmatch=True), st.sampled_from(["", "HR", "US"])
)
def test_every_number_has_one_form_that_stays(written: str, region: str) -> None:
    number = phone(written, region)
    assert phone(number, region) == number
