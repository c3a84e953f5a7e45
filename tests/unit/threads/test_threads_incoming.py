"""What a message says about itself depends on it alone, and is bounded."""

from msgspec.structs import replace

from support.messages import a_message, a_person
from support.threads import incomings
from support.threads_shelf import US, a_mail, a_token
from threadline_contracts.message import Evidence
from threadline_threads.incoming import MAX_CITED, MAX_NAMED, Incoming, split


def one(message: object) -> Incoming:
    return incomings([message])[0]  # type: ignore[list-item]


def test_the_nearest_cited_id_comes_first_and_each_once() -> None:
    evidence = Evidence(in_reply_to=("c",), references=("a", "b", "c", ""))
    assert [cited.external_id for cited in one(a_message(evidence=evidence)).cites] == ["c", "b", "a"]


def test_long_references_keep_the_nearest_and_the_oldest() -> None:
    ids = tuple(f"id{n}" for n in range(1000))
    cites = [cited.external_id for cited in one(a_message(evidence=Evidence(references=ids))).cites]
    assert (len(cites), cites[0], cites[-2:]) == (MAX_CITED, "id999", ["id901", "id0"])


def test_a_tokened_message_cites_nothing() -> None:
    mail = one(a_mail("m2", cites=["m1"], tokens=[a_token(a_mail("m1"))]))
    assert (mail.cites, mail.token) == ((), one(a_mail("m1")).reference)


def test_a_forged_token_does_not_hide_a_genuine_one() -> None:
    genuine = a_token(a_mail("m1"))
    mail = one(a_mail("m2", tokens=["nonsense", a_token(a_mail("m9"), secret=b"guessed"), genuine]))
    assert (mail.forged, mail.token) == (True, one(a_mail("m1")).reference)


def test_an_older_key_still_verifies() -> None:
    assert one(a_mail("m2", tokens=[a_token(a_mail("m1"), key="k2")])).token is not None


def test_what_we_write_names_its_recipients_alone() -> None:
    assert one(a_mail("m1", US, to=["ana@a.example"])).names == ("email:ana@a.example",)


def test_no_mail_brings_in_a_whole_town() -> None:
    crowd = tuple(a_person(f"p{n}@town.example") for n in range(1000))
    assert len(one(a_message(recipients=crowd)).names) == MAX_NAMED


def test_batches_are_split_by_what_they_lock() -> None:
    mails = incomings([replace(a_mail(f"m{n}"), evidence=Evidence(references=(f"r{n}",))) for n in range(10)])
    parts = list(split(mails, 12))
    assert [mail for part in parts for mail in part] == mails
    assert all(len({key for mail in part for key in mail.locks()}) <= 12 for part in parts)
    assert [len(part) for part in split(mails, 1)] == [1] * 10
