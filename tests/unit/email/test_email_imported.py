"""Imported mail says so, and keeps its dates."""

from datetime import UTC, datetime

import pytest

from threadline_contracts.arrival import Arrival
from threadline_email.normalize import normalize
from threadline_shared.inputs import Normalized

LONG_AGO = datetime(2021, 3, 4, 9, 30, tzinfo=UTC)
MAIL = b"From: ana@a.example\r\nMessage-ID: <1@a.example>\r\nDate: Thu, 4 Mar 2021 10:00:00 +0100\r\n\r\nHello\r\n"


@pytest.mark.parametrize(("facts", "imported"), [({"backfill": "1"}, True), ({}, False)])
def test_imported_mail_says_so_and_keeps_its_dates(facts: dict[str, str], imported: bool) -> None:  # noqa: FBT001
    arrival = Arrival(channel="email", account="support@a.example", received_at=LONG_AGO, facts=facts)
    found = normalize(MAIL, arrival)
    assert isinstance(found, Normalized)
    message = found.message
    assert (message.backfill, message.received_at, message.sent_at.year) == (imported, LONG_AGO, 2021)
