"""Text that any store takes."""

from hypothesis import given
from hypothesis import strategies as st

from threadline_shared.text import clean, cut, mask_passwords

anything = st.text(alphabet=st.characters(exclude_categories=())) | st.text(alphabet="\0\r\n\ud83d\ude00\ud800ab")


@given(anything)
def test_clean_text_has_no_nul_and_no_carriage_return(text: str) -> None:
    assert not {"\0", "\r"} & set(clean(text))


@given(anything)
def test_clean_text_is_encodable(text: str) -> None:
    assert clean(text).encode().decode() == clean(text)


@given(anything)
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    assert clean(clean(text)) == clean(text)


@given(st.text(alphabet=st.characters(exclude_characters="\0\r", exclude_categories=["Cs"])))
def test_clean_leaves_good_text_alone(text: str) -> None:
    assert clean(text) == text


def test_line_ends_become_newlines_even_with_nul_between() -> None:
    assert clean("a\r\nb\rc\nd\r\0\ne") == "a\nb\nc\nd\ne"


def test_a_surrogate_pair_becomes_its_character_and_a_lone_one_goes() -> None:
    assert clean("x\ud83d\ude00y\ud83dz\ude00") == "x😀yz"


@given(anything, st.integers(min_value=1, max_value=50))
def test_cut_text_is_never_longer_than_the_limit(text: str, limit: int) -> None:
    assert len(cut(text, limit)) <= limit


@given(anything, st.integers(min_value=1, max_value=50))
def test_cut_text_begins_as_the_text_does(text: str, limit: int) -> None:
    assert text.startswith(cut(text, limit).removesuffix("…"))


def test_short_text_is_not_cut() -> None:
    assert cut("abc", 3) == "abc"


def test_a_cut_is_shown() -> None:
    assert cut("abcdef", 4) == "abc…"


def test_an_accent_stays_with_its_letter() -> None:
    assert cut("cafe\u0301s", 5) == "caf…"


def test_a_family_is_not_torn_apart() -> None:
    assert cut("hi 👩\u200d👩\u200d👧!", 6) == "hi …"


def test_a_pile_of_accents_is_cut_all_the_same() -> None:
    assert len(cut("e" + "\u0301" * 500, 100)) == 100


def test_passwords_in_urls_are_masked_and_the_rest_is_kept() -> None:
    said = "cannot reach amqp://user:pa:ss@bus:5672/v or postgresql://u@db/x"

    assert mask_passwords(said) == "cannot reach amqp://user:[redacted]@bus:5672/v or postgresql://u@db/x"
