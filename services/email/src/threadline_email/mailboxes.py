"""The mailboxes we receive for, and which of them an address belongs to: case and plus-tags do not count."""

from collections.abc import Iterable
from typing import Annotated

from msgspec import Meta, Struct

from threadline_contracts.message import DEFAULT_DESK, Name
from threadline_email.imap_settings import ImapAccount

MailAddress = Annotated[str, Meta(pattern=r"^[^@\s]+@[^@\s]+$", max_length=320, description="name@domain")]

Key = tuple[str, str]


class Mailbox(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One address of the desk: mail to it, to its aliases and to their plus-addresses becomes its messages."""

    address: MailAddress
    desk: Name = DEFAULT_DESK
    account: Annotated[str, Meta(max_length=200, description="the department; the address, if not given")] = ""
    aliases: tuple[MailAddress, ...] = ()
    authserv_id: Annotated[
        str, Meta(max_length=255, description="whose Authentication-Results we believe: your own MX's name")
    ] = ""
    imap: ImapAccount | None = None

    @property
    def name(self) -> str:
        """The `account` of its messages."""
        return self.account or self.address.lower()

    @property
    def key(self) -> Key:
        """Desk and account: mailboxes that share them are one department, and get one message of a mail."""
        return self.desk, self.name


class Directory:
    """Finds the mailbox of an address."""

    def __init__(self, mailboxes: Iterable[Mailbox]) -> None:
        self.mailboxes = tuple(mailboxes)
        self._by_address = {
            _key(address): mailbox
            for mailbox in reversed(self.mailboxes)  # the first to name an address has it
            for address in (*mailbox.aliases, mailbox.address)
        }
        self._by_account = {mailbox.key: mailbox for mailbox in reversed(self.mailboxes)}

    def find(self, address: str) -> Mailbox | None:
        """Return the mailbox that a recipient means, or None: `Help+tag@Desk.example` is `help@desk.example`."""
        key = _key(address)
        if (mailbox := self._by_address.get(key)) is not None:
            return mailbox
        local, _, domain = key.rpartition("@")
        return self._by_address.get(f"{local.partition('+')[0]}@{domain}")

    def of_account(self, desk: str, account: str) -> Mailbox | None:
        """Return the mailbox whose messages carry this account, or None when it is gone from the settings."""
        return self._by_account.get((desk, account))


def _key(address: str) -> str:
    return address.strip().casefold()
