"""Order, invoice and ticket numbers, as customers write them."""

# ruff: noqa: RUF001 - real subjects and texts in other alphabets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threadline_threads.numbers import (
    MAX_NUMBERS,
    MAX_TEXT,
    Number,
    compile_pattern,
    numbers_of,
    packaged_patterns,
)

OURS = packaged_patterns()


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("Where is my order 4711?", "order", "4711"),
        ("Order #AB-12345.", "order", "AB-12345"),
        ("my order number is 998877", "order", "998877"),
        ("Bestellung Nr. 4711", "order", "4711"),
        ("Bestellnummer: 4711", "order", "4711"),
        ("narudžba br. 4711", "order", "4711"),
        ("vezano uz Narudžbu broj 4711", "order", "4711"),
        ("заказ № 4711", "order", "4711"),
        ("ЗАКАЗА номер 4711", "order", "4711"),
        ("παραγγελία 4711", "order", "4711"),
        ("η ΠΑΡΑΓΓΕΛΊΑ αρ. 4711", "order", "4711"),
        ("commande n° 4711", "order", "4711"),
        ("zamówienie nr 4711", "order", "4711"),
        ("订单号：４７１１，谢谢", "order", "4711"),
        ("我的订单4711没有到", "order", "4711"),
        ("račun 2024-118", "invoice", "2024-118"),
        ("Račun broj 118/POSL1/1", "invoice", "118/POSL1/1"),
        ("invoice INV-2024-0118, thanks", "invoice", "INV-2024-0118"),
        ("Rechnung RE-2024-0118 vom 12.03.", "invoice", "RE-2024-0118"),
        ("счёт №123/45 от 12.03.2024", "invoice", "123/45"),
        ("case (00123456)", "ticket", "00123456"),
        ("zahtjev 118-24", "ticket", "118-24"),
    ],
)
def test_numbers_that_a_word_announces(text: str, kind: str, value: str) -> None:
    assert numbers_of(text, OURS) == (Number(kind, value),)


@pytest.mark.parametrize(
    "text",
    [
        "border 4711",
        "order 12",
        "order 2024",
        "invoice 12.03.2024",
        "Rechnung vom 2024-03-12",
        "call me at 091 123 4567",
        "in order to pay 300",
        "phase-three",
        "",
    ],
)
def test_years_dates_and_other_figures_are_no_numbers(text: str) -> None:
    assert numbers_of(text, OURS) == ()


@pytest.mark.parametrize("text", ["Ticket 7K3M9-QZD4T", "your 7k3m9-qzd4t, please"])
def test_our_own_number_is_a_reference(text: str) -> None:
    assert numbers_of(text, OURS) == (Number("reference", "7K3M9QZD4T"),)


def test_each_number_counts_once_whatever_it_is_called() -> None:
    text = "Bestellung 4711, order 4711, narudžba br. 4711"
    assert numbers_of(text, OURS) == (Number("order", "4711"),)


def test_an_operators_pattern_finds_what_its_first_group_says() -> None:
    parcel = compile_pattern("parcel", r"parcel ([a-z]{2}\d{9})")
    assert numbers_of("Parcel hr123456789!", [parcel]) == (Number("parcel", "HR123456789"),)
    whole = compile_pattern("contract", r"\bK-\d+\b")
    assert numbers_of("Vertrag k-12-", [whole]) == (Number("contract", "K-12"),)


@pytest.mark.parametrize("pattern", ["(", r"(a)\1", "(?=a)", "a{2000}", "a*", ""])
def test_a_pattern_that_is_broken_or_has_no_bound_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="pattern") as caught:
        compile_pattern("order", pattern)
    assert "\n" not in str(caught.value)


def test_a_pattern_cannot_hold_up_the_line() -> None:
    greedy = compile_pattern("order", r"((a+)+)+$")
    assert numbers_of("a" * 7_999 + "!", [greedy]) == ()


def test_only_the_beginning_of_a_text_counts_and_not_too_many() -> None:
    assert numbers_of(" " * MAX_TEXT + "order 4711", OURS) == ()
    assert len(numbers_of(" ".join(f"order {n}" for n in range(1000, 1100)), OURS)) == MAX_NUMBERS


@given(st.text(max_size=200))
def test_every_value_is_a_short_word_in_capitals(text: str) -> None:
    for number in numbers_of(f"order 4711{text}", OURS):
        assert number.value == number.value.upper().strip(" -_./#")
        assert 0 < len(number.value) <= 120
