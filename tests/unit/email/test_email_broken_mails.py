"""Whatever comes in is a message: mails made of what mails are made of, and broken."""

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings

from support.broken_mail import broken_mails
from support.mail import an_arrival
from threadline_contracts.message import InboundMessage
from threadline_contracts.outcome import Skipped
from threadline_email.normalize import normalize
from threadline_shared.fit import fit


def check_that_it_is_a_message(raw: bytes) -> None:
    found = normalize(raw, an_arrival())
    if isinstance(found, Skipped):
        assert not raw.strip()
        return
    message = fit(found.message).message
    assert msgspec.json.decode(msgspec.json.encode(message), type=InboundMessage) == message
    assert {file.blob for file in found.message.attachments} <= found.files.keys()
    assert normalize(raw, an_arrival()) == found  # the same every time: a replay changes nothing


@given(broken_mails)
@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_every_broken_mail_is_a_message(raw: bytes) -> None:
    check_that_it_is_a_message(raw)


@pytest.mark.deep
@pytest.mark.timeout(1800)
@given(broken_mails)
@settings(max_examples=30_000, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_every_one_of_many_broken_mails_is_a_message(raw: bytes) -> None:
    check_that_it_is_a_message(raw)
