"""Calendar parts as one line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threadline_email.invitations import describe_invitation


def a_calendar(*event: str, method: str = "REQUEST") -> str:
    zone = [
        "BEGIN:VTIMEZONE",
        "TZID:Berlin",
        "BEGIN:STANDARD",
        "DTSTART:16010101T030000",
        "END:STANDARD",
        "END:VTIMEZONE",
    ]
    head = ["BEGIN:VCALENDAR", f"METHOD:{method}" if method else "VERSION:2.0"]
    return "\r\n".join([*head, *zone, "BEGIN:VEVENT", *event, "END:VEVENT", "END:VCALENDAR", ""])


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (
            (
                "SUMMARY;LANGUAGE=de:Planung\\, Woche",
                "  10",
                'ORGANIZER;CN="Ann: B":mailto:ann@example.org',
                'DTSTART;TZID="Europe/Berlin":20260305T100000',
                "DTEND;TZID=Europe/Berlin:20260305T113000",
                "LOCATION:Raum 5\\nHaus 2",
            ),
            (
                "Invitation (REQUEST): Planung, Woche 10; 2026-03-05 10:00 to 11:30, Europe/Berlin; "
                "Raum 5 Haus 2; by ann@example.org"
            ),
        ),
        (
            ("DTSTART:20260305T233000Z", "DURATION:PT1H", "SUMMARY:Call"),
            "Invitation (REQUEST): Call; 2026-03-05 23:30 to 2026-03-06 00:30, UTC",
        ),
        (
            ("DTSTART;VALUE=DATE:20260305", "DTEND;VALUE=DATE:20260307", "SUMMARY:Fair", "RRULE:FREQ=YEARLY"),
            "Invitation (REQUEST): Fair; 2026-03-05 to 2026-03-07, repeated",
        ),
        (("SUMMARY:x", "BEGIN:VALARM", "SUMMARY:no", "LOCATION:no", "END:VALARM"), "Invitation (REQUEST): x"),
        (("DTSTART:soon", "SUMMARY:x"), "Invitation (REQUEST): x; soon"),
    ],
)
def test_an_invitation_says_what_when_and_where(event: tuple[str, ...], line: str) -> None:
    assert describe_invitation(a_calendar(*event)) == line


@pytest.mark.parametrize(
    ("method", "line"),
    [
        ("CANCEL", "Cancelled (CANCEL): x"),
        ("REPLY", "Answer to an invitation (REPLY): x; by bob@example.org; declined"),
        ("", "Event: x"),
    ],
)
def test_the_method_says_what_it_is_about(method: str, line: str) -> None:
    calendar = a_calendar("ATTENDEE;PARTSTAT=DECLINED;CN=Bob:MAILTO:bob@example.org", "SUMMARY:x", method=method)
    assert describe_invitation(calendar) == line


def test_the_content_type_may_name_the_method() -> None:
    assert describe_invitation(a_calendar("SUMMARY:x", method=""), "cancel") == "Cancelled (CANCEL): x"


def test_no_event_says_nothing() -> None:
    assert describe_invitation("BEGIN:VCALENDAR\nMETHOD:PUBLISH\nEND:VCALENDAR") == ""


@given(
    st.lists(
        st.sampled_from(
            ["BEGIN:VEVENT", "END:VEVENT", "DTSTART:99999999T999999", "DURATION:P9999W", "a;b:c", " x", "SUMMARY:\\"]
        )
    )
)
def test_no_calendar_raises(lines: list[str]) -> None:
    describe_invitation("\n".join(lines))
