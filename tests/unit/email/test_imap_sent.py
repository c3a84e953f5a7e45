"""Mails of the Sent folder: what the desk wrote, and nobody else can put there."""

from support.mail import a_mail, message_of
from threadline_contracts.message import Assurance, Direction


def test_a_mail_of_the_sent_folder_is_the_desks() -> None:
    message = message_of(a_mail(From="Support <support@localhost>", To="ada@example.org"), door="imap", sent="1")
    assert message.direction is Direction.OUTBOUND
    (identity,) = message.sender.identities
    assert (identity.value, identity.assurance, identity.by) == (
        "support@localhost",
        Assurance.VERIFIED,
        "sent-folder",
    )


def test_any_other_mail_is_a_customers() -> None:
    message = message_of(a_mail(From="Support <support@localhost>"), door="imap")
    assert message.direction is Direction.INBOUND
    assert message.sender.identities[0].assurance is Assurance.ASSERTED
