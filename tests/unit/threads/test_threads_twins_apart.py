"""Where departments go apart (`[threads] twins = false`), nothing that names a mail leads from one to the other."""

from msgspec.structs import replace

from support.threads import TERMS
from support.threads_shelf import a_copy, a_mail
from threadline_contracts.codec import encode_data
from threadline_contracts.message import InboundMessage
from threadline_threads.incoming import Incoming, incoming

APART = replace(TERMS, twins=False)
MAIL = a_mail("m1")
ANSWER = a_mail("m2", cites=["m1"])


def seen(message: InboundMessage) -> Incoming:
    return incoming(message, encode_data(message), APART)


def test_copies_at_two_departments_share_nothing() -> None:
    one, other = seen(MAIL), seen(a_copy(MAIL))
    assert set(one.looks_up()).isdisjoint(other.looks_up())


def test_an_answer_finds_the_mail_of_its_own_department_alone() -> None:
    (cited,) = seen(ANSWER).cites
    assert (cited.key == seen(MAIL).external, cited.key == seen(a_copy(MAIL)).external) == (True, False)


def test_by_default_both_departments_have_one_ticket() -> None:
    one, other = (incoming(mail, encode_data(mail), TERMS) for mail in (MAIL, a_copy(MAIL)))
    assert set(one.looks_up()) & set(other.looks_up())
