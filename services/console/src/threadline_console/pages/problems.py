"""What was odd about a message, in plain words: what it means for whoever answers, pure."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from msgspec import Struct

from threadline_contracts.message import Problem

# By code, whichever channel says it; one that is not named here shows its own name.
SAYS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "attachments_cut": "It has more files than a message can list; the raw input has all.",
        "boundary_guessed": "Its parts were wrongly divided; we guessed where each one ends.",
        "charset_guessed": "It does not say rightly how its letters are written, so some may look odd.",
        "date_implausible": "Its date cannot be true; the time of arrival is shown.",
        "date_missing": "It has no date; the time of arrival is shown.",
        "date_unreadable": "Its date cannot be read; the time of arrival is shown.",
        "enclosed_unread": "It has more mails inside than we read; they are kept as files.",
        "encrypted": "It is encrypted: only the receiver's own key opens it. The content is among the files.",
        "erased": "A person asked to be forgotten: the content was erased.",
        "expired": "The content was removed after the time that the desk keeps it.",
        "fields_ignored": "It had fields that the form does not have.",
        "forged_token": "It carries a token that only looks like one of ours; it was ignored.",
        "headers_cut": "Its header is too long; we read the beginning.",
        "html_cut": "Its formatted text is too long; the beginning is shown, the raw input has all.",
        "key_reused": "It was sent under the key of another message, but says something else.",
        "loop": "There are more of these than people write: two machines may be answering each other.",
        "nesting_cut": "Its parts are nested too deep; the innermost are not shown.",
        "oversize": "It is too large to fetch: only its header is here. Ask for the content in another way.",
        "parts_cut": "It has too many parts; the first ones are shown, the raw input has all.",
        "problems_cut": "There was more wrong with it than is listed here.",
        "recipients_cut": "It went to more people than are listed here.",
        "references_cut": "It cites more mails than we remember.",
        "reply_to_differs": "It asks for answers at another address than the sender's. Check before you write there.",
        "sender_cut": "The sender's name was too long and is cut.",
        "sender_missing": "It does not say who sent it.",
        "several_senders": "It names several senders; the first is shown, and none is proved.",
        "signature_unchecked": "It is digitally signed; the signature was not checked and proves nothing here.",
        "structure_guessed": "Its structure is broken; we read it as well as it goes.",
        "subject_cut": "Its subject was too long and is cut.",
        "suspected_spam": "It looks like spam.",
        "text_cut": "Its text is too long; the beginning is shown, the raw input has all.",
        "tnef_damaged": "Outlook packed its files into a winmail.dat that is damaged; what could be saved is listed.",
        "tnef_unpacked": "Outlook packed its files into a winmail.dat; they are unpacked here.",
        "too_slow": "It takes too long to read: only its header is shown, the raw input has all.",
        "unreadable": "The mail server could not give it for days. Look at it there, or ask for it again.",
    }
)


class Odd(Struct, frozen=True):
    """One problem: what it means, and the facts."""

    says: str
    detail: str


def odd(problem: Problem) -> Odd:
    """Return a problem in plain words."""
    return Odd(SAYS.get(problem.code, problem.code.replace("_", " ")), problem.detail)
