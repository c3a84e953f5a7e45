"""The mails of one issue, as mail programs write them: what an answer cites, whom it names, where it goes."""

from datetime import timedelta
from hashlib import sha256
from typing import Final
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from benchmarks.grouping.issue import AGENT, HOUR, MINUTE, Issue, Mail, compose
from benchmarks.grouping.labelled import WHOLE, Keeps, Proof
from benchmarks.grouping.people import assurance_of, plain, spelled
from benchmarks.grouping.phrases import reply_subject
from benchmarks.grouping.proofs import US, Facts
from threadline_contracts.ids import message_id, reference_of
from threadline_contracts.message import (
    DEFAULT_DESK,
    Assurance,
    Automation,
    AutomationKind,
    Channel,
    Direction,
    Evidence,
    Identity,
    IdentityKind,
    InboundMessage,
    Party,
)
from threadline_contracts.ticket import Rule
from threadline_contracts.tokens import find_tokens, sign_token

SUPPORT: Final = "support@desk.example"
SALES: Final = "sales@desk.example"
RING: Final = {"k1": b"the secret of the desk"}
REWRITTEN: Final = 0.05  # of our mails get another Message-ID from a relay
NAMELESS: Final = 0.01  # of customers' mails come without a Message-ID
UNPROVED: Final = "same subject, text quoted"


class Draft(Struct, frozen=True, kw_only=True):
    """What a customer writes, where it is not the usual; empty fields have the usual value."""

    author: str = ""
    name: str = ""
    address: str = ""
    assurance: Assurance | None = None
    account: str = ""
    addressed: str = ""
    cc: tuple[str, ...] = ()
    subject: str = ""
    text: str = ""
    keeps: frozenset[Keeps] = WHOLE
    cites: tuple[str, ...] = ()
    message_id: str = ""
    slow: bool = False
    automatic: bool = False
    hint: str = UNPROVED
    wait: timedelta = 4 * HOUR


USUAL: Final = Draft()


def write(issue: Issue, draft: Draft = USUAL, to: Mail | None = None) -> Mail:
    """Let the customer (or whom the draft names) write: an answer `to` a mail, or a first one."""
    keeps = draft.keeps if to else frozenset()
    address = draft.address or issue.person.address
    assurance = draft.assurance or assurance_of(issue.dice, address)
    account = draft.account or (to.account if to else SUPPORT)
    addressed = to.reply_to if to and Keeps.ADDRESS in keeps else draft.addressed or account
    cites = (*draft.cites, *(cited_in_answer(to) if to and Keeps.HEADERS in keeps else ()))
    sent = issue.after(draft.wait)
    named = issue.name("mail")
    nameless = issue.dice.random() < NAMELESS and not draft.message_id
    shown = "" if nameless else draft.message_id or f"{named}@{plain(address).rpartition('@')[2]}"
    message = compose(
        Channel.EMAIL,
        account,
        f"{named} {shown}",
        party(draft.name or issue.person.name, spelled(issue.dice, address), assurance),
        external_id=shown or f"sha256:{named}",
        recipients=tuple(party("", other) for other in (addressed, *draft.cc)),
        subject=draft.subject or _subject(issue, to),
        text=draft.text or (issue.more() if to else issue.words.first),
        evidence=_evidence(addressed, cites),
        automation=Automation(kind=AutomationKind.AUTO_REPLY) if draft.automatic else Automation(),
        sent_at=sent,
        received_at=sent + issue.travel(slow=draft.slow),
    )
    facts = Facts(
        by="" if assurance is Assurance.CLAIMED else plain(address),
        names=frozenset(map(plain, (address, *draft.cc))),
        token=_token(issue, message),
        cites=_known(issue, cites),
    )
    labelled = issue.say(message, facts, draft.author)
    issue.relabel(replace(labelled, hint=draft.hint, answers=to.id if to else None, keeps=keeps))
    return _mail(issue, message, shown, cites, addressed)


def answer(
    issue: Issue, to: Mail, *, sent_folder: bool = False, cc: tuple[str, ...] = (), wait: timedelta = 3 * HOUR
) -> Mail:
    """Let an agent answer, in the help desk or (`sent_folder`) from a mail program of their own."""
    issue.now = max(issue.now, issue.said(to.id).message.received_at)
    sent = issue.after(wait)
    token = "" if sent_folder else sign_token(DEFAULT_DESK, reference_of(to.id), "k1", RING["k1"])
    named = f"{token or 'outlook'}.{issue.name('answer')}@desk.example"
    cites = cited_in_answer(to)
    evidence = _evidence("", cites)
    message = compose(
        Channel.EMAIL,
        to.account,
        named,
        party("", to.account),
        external_id=named,
        direction=Direction.OUTBOUND,
        recipients=tuple(party("", other) for other in (to.sender, *cc)),
        subject=_subject(issue, to),
        text=issue.words.answer,
        evidence=replace(evidence, tokens=(token,) if token else evidence.tokens),
        sent_at=sent,
        received_at=sent + (issue.dice.uniform(1, 10) * MINUTE if sent_folder else timedelta(seconds=1)),
    )
    names = frozenset(map(plain, (to.sender, *cc)))
    facts = Facts(by=US, names=names, token=to.id if token else _token(issue, message), cites=_known(issue, cites))
    labelled = issue.say(message, facts, AGENT)
    issue.relabel(replace(labelled, answers=to.id, filed=not sent_folder))
    if not token:
        return _mail(issue, message, named, cites, to.account)
    issue.tokens[token] = to.id
    reply_to = to.account.replace("@", f"+{token}@")
    if issue.dice.random() >= REWRITTEN:
        return _mail(issue, message, named, cites, reply_to)
    # A relay gave it another Message-ID; we had put our own into References, too (docs of Amazon SES).
    issue.known[named] = message.id
    return _mail(issue, message, f"{issue.name('0102')}@relay.example", (*cites, named), reply_to)


def token_of(mail: Mail) -> str:
    """Return the token that a mail of ours shows."""
    return next(iter(find_tokens(mail.reply_to)), "")


def copy_to(issue: Issue, mail: Mail, account: str, *, tag: str = "") -> Mail:
    """Let the same mail reach another department too, through a list that may put its `tag` before the subject."""
    one = issue.said(mail.id)
    fingerprint = sha256(f"{one.message.fingerprint} {tag}".encode()).hexdigest() if tag else one.message.fingerprint
    copied = message_id(DEFAULT_DESK, Channel.EMAIL, account, fingerprint)
    message = replace(
        one.message,
        id=copied,
        reference=reference_of(copied),
        account=account,
        fingerprint=fingerprint,
        direction=Direction.INBOUND,
        subject=tag + one.message.subject,
        received_at=one.message.sent_at + issue.travel(),
    )
    facts = issue.facts(mail.id)
    beside = (*facts.beside, Proof(Rule.TWIN, mail.id))
    said = issue.say(message, Facts(by=facts.by, names=facts.names, beside=beside), one.author)
    issue.relabel(replace(said, answers=one.answers, keeps=one.keeps))
    return replace(mail, id=message.id, account=account, subject=message.subject)


def cited_in_answer(to: Mail) -> tuple[str, ...]:
    """Return the References of an answer to a mail, oldest first."""
    return (*to.chain, *((to.shown,) if to.shown else ()))


def party(name: str, address: str, assurance: Assurance = Assurance.ASSERTED) -> Party:
    """Return the sender or a recipient of a mail."""
    by = "from-header" if assurance is Assurance.ASSERTED else "dmarc"
    return Party(name=name, identities=(Identity(kind=IdentityKind.EMAIL, value=address, assurance=assurance, by=by),))


def _subject(issue: Issue, to: Mail | None) -> str:
    return reply_subject(issue.dice, issue.words.language, to.subject) if to else issue.words.subject


def _token(issue: Issue, message: InboundMessage) -> UUID | None:
    return next((issue.tokens[one] for one in message.evidence.tokens if one in issue.tokens), None)


def _known(issue: Issue, cites: tuple[str, ...]) -> tuple[UUID, ...]:
    return tuple(issue.known[cited] for cited in cites if cited in issue.known)


def _mail(issue: Issue, message: InboundMessage, shown: str, cites: tuple[str, ...], reply_to: str) -> Mail:
    if shown and shown == message.external_id:
        issue.known[shown] = message.id
    mail = Mail(
        id=message.id,
        shown=shown,
        chain=cites,
        subject=message.subject,
        account=message.account,
        reply_to=reply_to,
        sender=message.sender.identities[0].value,
    )
    issue.mails.append(mail)
    return mail


def _evidence(addressed: str, cites: tuple[str, ...]) -> Evidence:
    # As the mail service reads them: the address, In-Reply-To, References from the right.
    places = (addressed, *reversed(cites))
    tokens = tuple(dict.fromkeys(token for place in places for token in find_tokens(place)))
    return Evidence(in_reply_to=cites[-1:], references=cites, tokens=tokens)
