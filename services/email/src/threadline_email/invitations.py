"""Calendar parts (RFC 5545, 5546) as one readable line: what, when with its zone, where, from whom. Pure, total."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from threadline_email.words import one_line

CALENDAR_MAX_CHARS: Final = 256 * 1024
_LINES_MAX: Final = 5000
_VALUE_MAX: Final = 300
_PROPERTY: Final = re.compile(r'([A-Za-z-]{1,40})((?:;[^":\n]{0,500}(?:"[^"\n]{0,500}"[^":\n]{0,500})*)?):(.*)')
_TZID: Final = re.compile(r';TZID="?([^";]{1,100})', re.IGNORECASE)
_PARTSTAT: Final = re.compile(r";PARTSTAT=\"?([A-Za-z-]{1,30})", re.IGNORECASE)
_MOMENT: Final = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)\d\d(Z?))?")
_DURATION: Final = re.compile(r"\+?P(?:(\d{1,4})W)?(?:(\d{1,4})D)?(?:T(?:(\d{1,4})H)?(?:(\d{1,4})M)?(?:\d{1,4}S)?)?")
_ESCAPED: Final = re.compile(r"\\(.)")
_MAILTO: Final = re.compile(r"mailto:", re.IGNORECASE)
_SAID: Final = {
    "REQUEST": "Invitation",
    "ADD": "Invitation",
    "CANCEL": "Cancelled",
    "REPLY": "Answer to an invitation",
    "COUNTER": "Another time proposed",
    "DECLINECOUNTER": "Proposed time declined",
}

_Property = tuple[str, str]  # parameters, value


def describe_invitation(calendar: str, method: str = "") -> str:
    """Return one line about the first event of a calendar, or an empty string when there is none.

    `method` is the one of the Content-Type, for calendars that do not name theirs.
    """
    event = _first_event(calendar[:CALENDAR_MAX_CHARS])
    if event is None:
        return ""
    stated = (event.get("METHOD", ("", ""))[1] or method).strip().upper()[:30]
    head = _SAID.get(stated, "Event") + (f" ({stated})" if stated else "")
    facts = [_value(event, "SUMMARY"), _when(event), _value(event, "LOCATION"), *_who(event, stated)]
    return one_line(f"{head}: " + "; ".join(fact for fact in facts if fact))


def _first_event(calendar: str) -> dict[str, _Property] | None:
    """Return the properties of the first event or task, and the calendar's own METHOD."""
    inside: list[str] = []
    found: dict[str, _Property] | None = None
    outer: dict[str, _Property] = {}
    for line in re.sub(r"\r?\n[ \t]", "", calendar).splitlines()[:_LINES_MAX]:
        match = _PROPERTY.match(line)
        if match is None:
            continue
        name, value = match[1].upper(), match[3]
        if name == "BEGIN":
            inside.append(value.strip().upper())
            if inside[-1] in {"VEVENT", "VTODO"}:
                found = {}
        elif name == "END":
            if found is not None and value.strip().upper() in {"VEVENT", "VTODO"}:
                break
            inside = inside[:-1]
        elif found is not None and inside[-1:] in (["VEVENT"], ["VTODO"]):
            found.setdefault(name, (match[2], value))
        elif name == "METHOD":
            outer.setdefault(name, (match[2], value))
    return None if found is None else outer | found


def _value(event: dict[str, _Property], name: str) -> str:
    value = event.get(name, ("", ""))[1]
    return one_line(_ESCAPED.sub(lambda m: " " if m[1] in "nN" else m[1], value))[:_VALUE_MAX]


def _when(event: dict[str, _Property]) -> str:
    start = event.get("DTSTART") or event.get("DUE")
    if start is None:
        return ""
    begin, end = _moment(start), _end(event, start)
    if not begin:
        return _value(event, "DTSTART")
    until = end.removeprefix(f"{begin[:10]} ") if end and end != begin else ""
    repeated = "repeated" if "RRULE" in event else ""
    span = f"{begin} to {until}" if until else begin
    return ", ".join(part for part in (span, _zone(start), repeated) if part)


def _end(event: dict[str, _Property], start: _Property) -> str:
    if "DTEND" in event:
        return _moment(event["DTEND"])
    length = _DURATION.fullmatch(event.get("DURATION", ("", ""))[1].strip())
    if length is None:
        return ""
    weeks, days, hours, minutes = (int(part or 0) for part in length.groups())
    try:
        begin = datetime.strptime(start[1].strip()[:13], "%Y%m%dT%H%M").replace(tzinfo=UTC)
        end = begin + timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes)
    except (ValueError, OverflowError):
        return ""
    return end.strftime("%Y-%m-%d %H:%M")


def _moment(said: _Property) -> str:
    """Return a date, or date and time, as it stands there: its zone is said beside it."""
    match = _MOMENT.match(said[1].strip())
    if match is None:
        return ""
    day = f"{match[1]}-{match[2]}-{match[3]}"
    return f"{day} {match[4]}:{match[5]}" if match[4] else day


def _zone(said: _Property) -> str:
    zone = _TZID.search(said[0])
    if zone:
        return one_line(zone[1])
    return "UTC" if said[1].strip().endswith("Z") else ""


def _who(event: dict[str, _Property], method: str) -> list[str]:
    """Return who asks; of an answer, who gives it and what it is."""
    name = "ATTENDEE" if method in {"REPLY", "COUNTER"} else "ORGANIZER"
    address = _MAILTO.sub("", _value(event, name))
    answer = _PARTSTAT.search(event.get(name, ("", ""))[0]) if method == "REPLY" else None
    return [f"by {address}" if address else "", answer[1].lower() if answer else ""]
