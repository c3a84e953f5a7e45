"""Server-sent events, as the WHATWG HTML standard says to read them."""

from threadline_standalone.stream import Sent, events


def test_an_event_ends_at_an_empty_line() -> None:
    assert list(events(["id: 7", "event: ticket.opened.v1", "data: {}", ""])) == [Sent("7", "ticket.opened.v1", "{}")]


def test_lines_of_data_are_joined() -> None:
    assert list(events(["data: one", "data: two", ""])) == [Sent("", "message", "one\ntwo")]


def test_comments_keep_the_line_open_and_say_nothing() -> None:
    assert list(events([": still here", "", "data: x", ""])) == [Sent("", "message", "x")]


def test_an_id_stays_until_the_next_one() -> None:
    assert [sent.id for sent in events(["id: 1", "data: a", "", "data: b", ""])] == ["1", "1"]


def test_an_event_that_is_cut_off_is_not_shown() -> None:
    assert list(events(["id: 1", "data: half"])) == []


def test_only_one_space_behind_the_colon_is_dropped() -> None:
    assert list(events(["data:  indented", ""])) == [Sent("", "message", " indented")]


def test_a_place_alone_is_told_too() -> None:
    assert list(events(["retry: 2000", "id: 41", ""])) == [Sent("41", "message", "")]
