"""Who sent a mail, and how far that is proved. Pure: what was asked of the network is in the facts of its arrival."""

from collections.abc import Mapping
from typing import Final

from threadline_contracts.message import Assurance, CallEnd, Identity, IdentityKind, Party
from threadline_email.addresses import Address
from threadline_email.headers import Headers
from threadline_email.trust import BARE_FROM, RELAY_TRUSTED, Proof, prove
from threadline_shared.text import clean

NAME_MAX: Final = 2000
CHECKED: Final = "authentication_results"  # the fact: what our own check found, as such a field says it


def read_sender(senders: list[Address], headers: Headers, facts: Mapping[str, str], authserv_id: str) -> Party:
    """Return the first From with its proof; two of them prove nothing, since nobody knows which one was checked."""
    if not senders:
        return Party(name=headers.text("from")[:NAME_MAX] if "@" not in headers.text("from") else "")
    proof = prove(
        senders[0].email,
        headers.first("from").decode("utf-8", "replace"),
        auth_user=facts.get("auth_user", ""),
        results=_trusted_results(headers, facts),
        authserv_id=authserv_id,
        checked=facts.get(CHECKED, ""),
    )
    one = len(senders) == 1 and len(headers.all("from")) == 1
    if facts.get("sent") == "1":
        proof = Proof(Assurance.VERIFIED, "sent-folder")  # only who has our mailbox's password puts mails there
    elif proof.assurance is Assurance.VERIFIED and not one:
        proof = BARE_FROM
    return party(senders[0], proof)


def caller_party(caller: CallEnd, exchange: Party, facts: Mapping[str, str]) -> Party:
    """Return who left a voicemail: the number that the exchange shows, or the exchange itself when it shows none.

    A caller id can be set by whoever calls, and such a mail be sent by anybody: it is plausible when we know the
    exchange, by its login or its domain, else merely claimed.
    """
    if not caller.number:
        return exchange
    known = "auth_user" in facts
    proved = any(one.assurance is Assurance.VERIFIED for one in exchange.identities)
    assurance = Assurance.ASSERTED if known or proved else Assurance.CLAIMED
    number = Identity(kind=IdentityKind.PHONE, value=clean(caller.number), assurance=assurance, by="voicemail")
    return Party(name=clean(caller.name), identities=(number,))


def party(address: Address, proof: Proof) -> Party:
    """Return an address as a party of a message."""
    identity = Identity(kind=IdentityKind.EMAIL, value=clean(address.email), assurance=proof.assurance, by=proof.by)
    return Party(name=clean(address.name), identities=(identity,))


def _trusted_results(headers: Headers, facts: Mapping[str, str]) -> list[str]:
    """Return the verdicts of relays that remove foreign ones, topmost first."""
    if facts.get("relay") != RELAY_TRUSTED:
        return []
    return [value.decode("utf-8", "replace") for value in headers.all("authentication-results")]
