import pytest

from threadline_console.pages.words import ASSURANCES, channel_word, file_size, rule_word
from threadline_contracts.message import Assurance, Channel
from threadline_contracts.ticket import Rule


@pytest.mark.parametrize(
    ("count", "shown"),
    [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KB"), (15_000, "15 KB"), (5 * 2**20, "5.0 MB"), (3 * 2**40, "3072 GB")],
)
def test_a_size_has_its_unit(count: int, shown: str) -> None:
    assert file_size(count) == shown


def test_every_channel_has_an_icon_of_its_own() -> None:
    assert len({channel_word(channel).icon for channel in Channel}) == len(Channel)


def test_a_channel_of_tomorrow_shows_under_its_own_name() -> None:
    assert channel_word("fax").word == "fax"


def test_every_assurance_and_every_rule_explains_itself() -> None:
    assert all(ASSURANCES[assurance].explains for assurance in Assurance)
    assert all(rule_word(rule).explains for rule in Rule)
