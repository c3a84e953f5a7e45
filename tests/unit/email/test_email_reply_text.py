"""The visible reply, in the shapes that mail programs write."""
# ruff: noqa: RUF001 - words of many alphabets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threadline_email.reply_text import passes_on, visible_reply

REPLY = "Yes, it works now.\n\nThank you."


@pytest.mark.parametrize(
    "below",
    [
        "On Mon, 2 Mar 2026 at 09:00, Desk <desk@example.org> wrote:\n> Does it?\n> Desk",
        "On Mon, 2 Mar 2026 at 09:00, Desk\n<desk@example.org> wrote:\n\n> Does it?",
        "On 2026-03-02 09:00, Desk wrote:\nDoes it? (unmarked)",
        "On Wed, 14 Nov 2018 08:14:43 -0200 Desk <desk@example.org> wrote\n\nDoes it?",
        "Am 02.03.2026 um 09:00 schrieb Desk <desk@example.org>:\n> Geht es?",
        "Le lun. 2 mars 2026 à 09:00, Desk <desk@example.org> a écrit :\n\n> Ça marche ?",
        "El lun, 2 mar 2026 a las 9:00, Desk (<desk@example.org>) escribió:\n\n> ¿Funciona?",
        "tir. 2. mar. 2026 kl. 09:00 skrev Desk <desk@example.org\n>:\n\n> Virker det?",
        "2026年3月2日(月) 9:00 Desk <desk@example.org>:\n\n> 動きますか",
        "пн, 2 мар. 2026 г. в 09:00, Desk <desk@example.org>:\n\n> Работает?",
        "-----Original Message-----\nFrom: Desk [mailto:d@x.y]\nSent: Monday\nTo: Ada\nSubject: Re\n\nDoes it?",
        "____________________\nVon: Desk\nGesendet: Montag, 2. März 2026 09:00\nAn: Ada\nBetreff: AW\n\nGeht es?",
        "From: Desk\nSent: Monday, 2 March 2026 09:00\nTo: Ada\nSubject: Re: it\n\nDoes it?",
        "*From:* Desk <desk@example.org>\n*Sent:* Monday\n*To:* Ada\n*Subject:* Re\n\nDoes it?",
        "De : Desk<mailto:desk@example.org>\nEnvoyé le :lundi 2 mars 2026 09:00\nÀ : Ada\nObjet :Re\n\nÇa marche ?",
        "##- Please type your reply above this line -##\nDoes it?",
        "> Does it?\n> Desk",
        "-- \nAda Lovelace\nAnalytical Engines",
        "--\nAda",
        "Sent from my iPhone",
        "Von meinem iPhone gesendet",
        "Envoyé de mon iPhone",
        "Get Outlook for iOS<https://aka.ms/o0ukef>",
        "Sent from my iPhone\n\n> On 2 Mar 2026, at 09:00, Desk <desk@example.org> wrote:\n> Does it?",
        "_______________________________________________\nusers mailing list\nusers@lists.example.org",
        "Desk wrote:\n> Does it?",
        "On Mon, 2 Mar 2026 at 09:00, Desk\n\n<\ndesk@example.org\n> wrote:\n\nDoes it?",
        "Dana 2. 3. 2026. u 09:00, Podrška <podrska@example.org> je napisao/la:\n\n> Radi li?",
        "Στις Δευ, 2 Μαρ 2026 στις 9:00 π.μ., ο χρήστης Desk <desk@example.org> έγραψε:\n\n> Λειτουργεί;",
        "02.03.2026 09:00, Desk пишет:\n> Работает?",
        "2 Mart 2026 Pzt 09:00 tarihinde Desk <desk@example.org> şunu yazdı:\n\n> Çalışıyor mu?",
        "בתאריך יום ב׳, 2 במרץ 2026 ב-9:00 מאת Desk <desk@example.org>:\n\n> עובד?",
        "في الاثنين، 2 مارس 2026 9:00 ص Desk <desk@example.org> كتب:\n\n> هل يعمل؟",
        "Desk <desk@example.org> 于2026年3月2日周一 09:00写道：\n\n> 好了吗？",
        "\u202bבתאריך 2 במרץ 2026 ב-9:00 מאת Desk\u200f <\u202adesk@example.org\u202c>:\u202c\n\nעובד?",
        "\u200fמאת: Desk\n\u200fנשלח: יום שני 02 מרץ 2026 09:00\n\u200fנושא: Re\n\nעובד?",
        "26. 3. 2. 09:00에 Desk 이(가) 쓴 글:\n\n됩니까? (표시 없음)",
        "On 3/2/26 9:00AM, Desk wrote:\n\nDoes it?",
        "Sent from my BlackBerry 10 smartphone.",
        "Desk <desk@example.org>\n\n02.03.2026 09:00\n\nAn Ada\nThema x\n\nGeht es?",
        "--- Antworten Sie bitte oberhalb dieser Linie ---\nGeht es?",
        "=== Odgovorite iznad ove crte, ticket 4711\nRadi li?",
        "Od: Podrška\nPoslano: ponedjeljak, 2. ožujka 2026. 09:00\nPrima: Ada\nPredmet: Re: x\n\nRadi li?",
        "Από: Desk\nΣτάλθηκε: Δευτέρα, 2 Μαρτίου 2026 9:00 πμ\nΠρος: Ada\nΘέμα: Re\n\nΛειτουργεί;",
        "Xyz: Desk <desk@example.org>\nQwe: 2026-03-02 09:00\nRty: Ada <a@example.org>\nUio: Re\n\nno known word",
        "Date: Mon, 02 Mar 2026 09:00:15 +0100\nTo: ada@example.org\n\nDoes it?",
        '====\n\nXyz : 02/03/2026 09:00\nQwe : "Desk" <desk@example.org>\nRty : Re\n\nDoes it?',
        "On 2 Mar 2026 at 09:00, Desk <d@x.y> wrote:\n> See (https://x.example/\n_a=1)\n> Does it?",
        "Kind regards,\nAda Lovelace\nAnalytical Engines\n+44 20 7946 0000",
        "Best regards\n\nAda",
        "Mit freundlichen Grüßen\nAda Lovelace",
        "Srdačan pozdrav,\nAda",
        "Με εκτίμηση,\nΆντα",
        "С уважением, Ада",
        "Med venlig hilsen Ada Lovelace",
        "Mit freundlichen Grüßen / Kind regards\n\nAda von Lovelace",
        "Med venlig hilsen\nAda\n\nOn 2 Mar 2026 at 09:00, Desk <d@x.y> wrote:\n> Does it?",
        "-Ada Lovelace",
        "/Ada",
        "Poslano s mog iPhonea",
        "Εστάλη από το iPhone μου",
    ],
)
def test_what_a_program_adds_below_is_not_the_reply(below: str) -> None:
    assert visible_reply(f"{REPLY}\n\n{below}\n").reply == REPLY


@pytest.mark.parametrize(
    "text",
    [
        "Here is what you asked for:\n\nName: Ada\nE-Mail: ada@example.org\nBought: 2026-01-02\nSerial: 4711",
        "These fail:\n- the printer of 2026\n- the scanner",
        "I tried at 10:00 and it said:\nerror 4711",
        "My iPhone does not work with my Samsung printer.",
        "Sent from my desk, this is easier than my phone.",
        "Item        Date\n--------------------------------\nprinter     2026-01-02",
        "a -> b\nc > d",
        "Dear desk,\n\nplease write to ada@example.org:\nshe knows.",
        "---------- Forwarded message ----------\nFrom: Bob <b@x.y>\nDate: Mon, 2 Mar 2026\nSubject: x\n\nHelp!",
        "Von: Bob\nGesendet: 2. März 2026 09:00\nBetreff: Hilfe\n\nBitte kümmern.",
        "> all of it\n> is quoted",
        "We met on 2 March 2026:\nshe was there.",
        "On 02.03.2026 at 10:00 I saw this error:\nerror 4711",
        "On 2 March 2026 I asked ada@example.org:\nshe knows.",
        "On Mar 2, 2026 you wrote:\n\nthat it would come. Where is it?",
        "Yesterday at 10:00 my boss wrote:\nwe need it today.",
        "What happened:\n\nDate: 2026-03-02 10:00\nE-Mail: ada@example.org\nSerial: 4711\n\nIt burns.",
        "We changed three things.\n\n- Done",
        "Please confirm.\n\nSincerely,\nThe Domain Name Registration Service",
        "Please confirm.\n\nKind regards\nAda\n\nPS: and where is my parcel?",
        "Please confirm.\n\nKind regards\nAda\n\nI also have a second question about the parcel.",
        "With regards to the parcel,\nAda has it.",
        "Please send her my\nbest regards\nwhen she calls.",
        "We need:\n- paper\n\n- ink",
        "Thanks,\nAda",
        "Kind regards,\nAda",
        "See below, please.\n\n---------- Forwarded message ----------\nFrom: B <b@x.y>\nDate: 2026-03-02\n\nHelp!",
        "FYI\n\nBegin forwarded message:\n\n> From: Bob <b@x.y>\n> Subject: x\n>\n> Help!",
        "Bitte.\n\nAnfang der weitergeleiteten Nachricht:\n\n> Von: B\n>\n> Hilfe!",
        "Bitte.\n\n-------- Weitergeleitete Nachricht --------\nVon: B\n\nAm 2.3.2026 09:00 schrieb C <c@x.y>:\n> alt",
    ],
)
def test_what_people_write_stays(text: str) -> None:
    assert visible_reply(text).reply == text


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("On 2 Mar 2026 at 09:00, Desk <d@x.y> wrote:\n> Does it?\n\nYes.", "Yes."),
        (
            "Hi\n\n> Does it?\n\nYes.\n\n> And the scanner?\n\nNo.",
            "Hi\n\n> Does it?\n\nYes.\n\n> And the scanner?\n\nNo.",
        ),
        (
            "Yes.\n\nOn 2 Mar 2026 at 09:00, D <d@x.y> wrote:\n> a question\n\nAnd one thing more.",
            "Yes.\n\nAnd one thing more.",
        ),
        (
            "On 2 Mar 2026 at 09:00, D <d@x.y> wrote:\n\n> Does it?\n\nYes.\n\n> And that?\n\nNo.\n\n> Bye",
            "> Does it?\n\nYes.\n\n> And that?\n\nNo.",
        ),
        ("Hi\n\n-- \nAda\n\nOn 2 Mar 2026 at 09:00, D <d@x.y> wrote:\n> Does it?\n\nYes.", "Hi\n\nYes."),
        ("Yes. On Mon, 2 Mar 2026 at 09:00, d@x.y wrote:\n> Does it?", "Yes."),
    ],
)
def test_an_answer_below_or_between_stays(text: str, reply: str) -> None:
    assert visible_reply(text).reply == reply


def test_the_signature_stays_in_what_is_only_unquoted() -> None:
    visible = visible_reply("Hi\n\n-- \nAda\n\nOn 2 Mar 2026 at 09:00, D <d@x.y> wrote:\n> x")
    assert (visible.unquoted, visible.reply) == ("Hi\n\n-- \nAda", "Hi")


lines = st.sampled_from(
    [
        "",
        "> q",
        "text",
        "On 2 Mar 2026 at 09:00, D <d@x.y> wrote:",
        "From: a@b.c",
        "Date: 2026",
        "-- ",
        "-----",
        "a:",
        "____________",
    ]
)


@pytest.mark.parametrize(
    ("subject", "forwarded"),
    [
        ("Fwd: x", True),
        ("FW: x", True),
        ("WG: AW: x", True),
        ("转发：x", True),
        ("Re: Fwd: x", False),
        ("Forward motion", False),
    ],
)
def test_a_subject_says_whether_a_mail_is_passed_on(subject: str, *, forwarded: bool) -> None:
    assert passes_on(subject) is forwarded


@pytest.mark.parametrize(
    "text",
    [
        "On 2 Mar 2026 at 09:00, D <d@x.y> wrote:\n> a question\n> of theirs",
        "-- \nAda",
        "Sent from my iPhone",
        "On 2 Mar 2026 at 09:00, D <d@x.y> wrote:\n> x\n\n-- \nAda",
    ],
)
def test_a_sender_who_wrote_nothing_said_nothing(text: str) -> None:
    assert not visible_reply(text).reply


@given(st.lists(lines, max_size=20))
def test_what_stands_above_everything_else_is_never_lost(pieces: list[str]) -> None:
    text = "\n".join(["What I say", "", *pieces])
    assert visible_reply(text).reply.startswith("What I say")


@given(st.lists(lines, max_size=20))
def test_a_reply_says_nothing_that_the_text_does_not(pieces: list[str]) -> None:
    said = iter(visible_reply("\n".join(pieces)).reply.split("\n"))
    left = iter(piece.strip() for piece in pieces)
    assert all(line.strip() in left for line in said if line.strip())


@given(st.text(max_size=200))
def test_every_text_has_a_visible_reply(text: str) -> None:
    visible_reply(text)
