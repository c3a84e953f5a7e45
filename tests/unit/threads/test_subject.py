"""Base subjects: what is left when mail programs, lists, filters and other desks are taken off."""

# ruff: noqa: RUF001 - real subjects and texts in other alphabets

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from threadline_threads.subject import MAX_SUBJECT, normal_subject
from threadline_threads.wordlists import words

PIECES = [
    "Re: ",
    "RE:",
    "Fwd: ",
    "[Fwd: ",
    "]",
    " (fwd)",
    "[list] ",
    "[#123] ",
    "(Case 12)",
    "##1##",
    "[",
    "{#",
    "ref:",
    ":ref",
    "***SPAM***",
    "回复：",
    "Απ: ",
    "İLT: ",
    "lamp",
    "灯",
    " ",
    "\u200f",
    "\u00a0",
    "tl-k1-7k3m9qzd4t-0123456789abcdefghjk",
    "[7K3M9-QZD4T]",
    "ﷺ",
    "ß",
    "\u0345",
    "Re[2]: ",
    "(no subject)",
    "re",
    ":",
    "\x00",
    "\ud800",
]


@pytest.mark.parametrize(
    ("subject", "base"),
    [
        ("Re: Broken lamp", "broken lamp"),
        ("RE : Broken  lamp ", "broken lamp"),
        ("AW: WG: Re[2]: Defekte Lampe", "defekte lampe"),
        ("Antw: Antwort: Rif: R: Res: lamp", "lamp"),
        ("Odg: Pokvarena svjetiljka", "pokvarena svjetiljka"),
        ("Odp: Zepsuta lampa", "zepsuta lampa"),
        ("Ynt: Bozuk lamba", "bozuk lamba"),
        ("Отв: Ответ: Лампа не работает", "лампа не работает"),
        ("Απ: Χαλασμένη λάμπα", "χαλασμένη λάμπα"),
        ("ΣΧΕΤ: ΑΠ: χαλασμένη λάμπα", "χαλασμένη λάμπα"),
        ("回复：答复: 灯坏了", "灯坏了"),
        ("Re：灯坏了", "灯坏了"),
        ("返信: 電球が切れた", "電球が切れた"),
        ("השב: מנורה", "מנורה"),
        ("\u200fرد: مصباح", "مصباح"),
        ("Vá: Sv: Vs: lámpa", "lámpa"),
        ("RE^3: Re(2): Re*2: Re2: lamp", "lamp"),
        ("Automatische Antwort: Defekte Lampe", "defekte lampe"),
    ],
)
def test_reply_prefixes_of_mail_programs_go(subject: str, base: str) -> None:
    found = normal_subject(subject)
    assert (found.base, found.reply) == (base, True)


@pytest.mark.parametrize(
    "subject",
    [
        "Fwd: lamp",
        "FW: lamp",
        "WG: lamp",
        "Doorst: lamp",
        "TR : lamp",
        "RV: lamp",
        "PD: lamp",
        "Enc: lamp",
        "I: lamp",
        "Továbbítás: lamp",
        "İLT: lamp",
        "ΠΡΘ: lamp",
        "Пересл: lamp",
        "转发：lamp",
        "轉寄: lamp",
        "転送: lamp",
        "Prosl: lamp",
        "[Fwd: lamp]",
        "lamp (fwd)",
    ],
)
def test_forward_prefixes_go_and_are_no_reply(subject: str) -> None:
    found = normal_subject(subject)
    assert (found.base, found.reply, found.forward) == ("lamp", False, True)


@pytest.mark.parametrize(
    "subject",
    [
        "[lamp-users] Re: lamp",
        "Re: [lamp-users] lamp",
        "[#12345] lamp",
        "Re: [Ticket#2024010112345678] lamp",
        "[rt.example.org #123] lamp",
        "[JIRA] (ABC-123) lamp",
        "[jira] [Created] (ABC-123) lamp",
        "lamp (Case 1234)",
        "[Vorgang 2024-17] lamp",
        "[Zahtjev #118] lamp",
        "[Заявка 4711] lamp",
        "{#123} lamp",
        "##RE-12345## lamp",
        "lamp [ref:_00D30abc._50040xyz:ref]",
        "(#ISS-2024-00017) lamp",
        "Ticket #123: lamp",
        "[工单#123] lamp",
        "[7K3M9-QZD4T] lamp",
        "lamp [tl-k1-7k3m9qzd4t-0123456789abcdefghjk]",
        "***SPAM*** lamp",
        "[SPAM] lamp",
        "[EXTERNAL] Re: [EXT] lamp",
        "{Spam?} lamp",
        "Re: [Extern] lamp",
    ],
)
def test_tags_of_lists_filters_and_other_desks_go(subject: str) -> None:
    assert normal_subject(subject).base == "lamp"


@pytest.mark.parametrize(
    ("subject", "base"),
    [
        ("[Order 4711] question", "[order 4711] question"),
        ("[Order #4711] question", "[order #4711] question"),
        ("[Račun #2024-118] pitanje", "[račun #2024-118] pitanje"),
        ("Your order (#4711)", "your order (#4711)"),
        ("Regarding: lamp", "regarding: lamp"),
        ("Re lamp", "re lamp"),
        ("lamp Re: lamp", "lamp re: lamp"),
        ("Rechnung: 4711", "rechnung: 4711"),
        ("[lamp]", "[lamp]"),
    ],
)
def test_what_tells_two_matters_apart_stays(subject: str, base: str) -> None:
    assert normal_subject(subject).base == base


@pytest.mark.parametrize(
    "subject", ["", "Re: ", "AW:", "回复：", "(no subject)", "Re: (kein Betreff)", "(bez naslova)"]
)
def test_an_empty_subject_tells_nothing(subject: str) -> None:
    assert normal_subject(subject).base == ""
    assert not normal_subject(subject).tells


@pytest.mark.parametrize("subject", ["Help!", "Re: Frage", "Hitno!!!", "Вопрос", "Ερώτηση", "你好", "x"])
def test_a_word_that_everybody_writes_tells_nothing(subject: str) -> None:
    assert not normal_subject(subject).tells


def test_case_width_and_composition_do_not_matter() -> None:
    assert normal_subject("ＬＡＭＰ Ⅳ").base == normal_subject("lamp iv").base
    assert normal_subject("jose\u0301").base == normal_subject("JOSÉ").base
    assert normal_subject("ΟΔΟΣ").base == normal_subject("οδος").base


@pytest.mark.parametrize(
    ("subject", "is_long"), [("lamp is broken", True), ("broken lamp", False), ("灯坏了怎么办", True)]
)
def test_a_long_subject_is_one_that_few_write(subject: str, *, is_long: bool) -> None:
    assert normal_subject(subject).is_long is is_long


@pytest.mark.parametrize("kind", ["reply", "forward"])
def test_every_listed_prefix_is_known(kind: str) -> None:
    for word in words("subject_words.toml")[kind]:
        found = normal_subject(f"{word.upper()}: lamp 灯")
        assert found.base == "lamp 灯", word
        assert found.reply or found.forward, word


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join) | st.text(max_size=100))
@example("Re: " * 300)
@example("[" * 1_000)
@example("[fwd:" * 200 + "]" * 200)
@example("[ref:" + "a" * 1_000)
@example("ﷺ" * 1_000)
def test_a_base_subject_is_its_own_base_and_never_too_long(subject: str) -> None:
    base = normal_subject(subject).base
    assert len(base) <= MAX_SUBJECT
    assert normal_subject(base).base == base
