"""What the sender says stays visible, however much it looks like what programs write."""
# ruff: noqa: RUF001 - words of many alphabets

import pytest

from threadline_email.reply_text import visible_reply

_LONG = "> Which of all these colours would you like to have on your new front door, please?"
_JAPANESE = "ドアの色は次のうちどれになさいますか、カタログの三ページ目をご覧のうえ、" * 3


@pytest.mark.parametrize(
    "said",
    [
        f"{_LONG}\nthe dark blue one please",
        f"> {_JAPANESE}\n青でお願いします。",
        f"{_LONG[:-1]}.\nthe dark blue one please",
        '> How many?\n- 3 komada\n> Which size?\n(a) please\n> When?\n"tomorrow"\n> Thanks.\nBye',
        "> See (https://x.example/?\n(b) please\n> Thanks.\nBye",
        "> Which size?\n[x] large\n> When?\n*now*\n> Thanks.\nBye",
    ],
)
def test_an_answer_right_below_its_question_is_no_torn_line(said: str) -> None:
    reply = visible_reply(f"Hello desk,\n\nOn 2 Mar 2026 at 09:00, Desk <d@x.y> wrote:\n{said}\n").reply
    assert [line for line in said.split("\n") if not line.startswith(">")] == [
        line for line in reply.split("\n")[1:] if line and not line.startswith(">")
    ]


def test_the_end_of_a_long_quoted_line_is_no_answer() -> None:
    quoted = "> We would like to know which of all these colours you prefer on your new\nfront door\n> at home."
    text = f"Blue.\n\nOn 2 Mar 2026 at 09:00, Desk <d@x.y> wrote:\n{quoted}\n\nThat is all."
    assert visible_reply(text).reply == "Blue.\n\nThat is all."


@pytest.mark.parametrize(
    "line",
    [
        "last week on 3/3/2025 at 14:00 I wrote:",
        "On 3/3/2025 at 14:00 I wrote to your colleague:",
        "On 3/3/2025 at 14:00 the shop wrote:",
        "3 марта 2025 в 14:00 я написал:",
        "On March 3, 2025 your shop wrote:",
        "am 12.01.2025 um 14:30 Uhr schrieb mir Ihr Kollege:",
        "Am 12.01.2025 um 14:30 Uhr schrieb mir Ihr Kollege:",
        "Vaš kolega mi je 12.01.2025. u 14:30 napisao:",
        "12.01.2025 в 14:30 мне ваш коллега написал:",
        "Στις 12/1/2025 στις 14:30 ο συνάδελφός σας μου έγραψε:",
        "My boss ada@example.org wrote:",
    ],
)
def test_a_person_tells_what_somebody_wrote_and_goes_on(line: str) -> None:
    text = f"Hello desk,\n\n{line}\nThe parcel comes on Monday.\n\nIt did not come."
    assert visible_reply(text).reply == text


@pytest.mark.parametrize(
    "line",
    [
        "Le 2/3/2026 à 09:00, Desk a écrit :",
        "Dana 2.3.2026. u 09:00, Podrška je napisao:",
        "Στις 2/3/2026 9:00 π.μ., Desk έγραψε:",
        "пн, 2.3.2026 в 09:00, Desk написал:",
    ],
)
def test_a_programs_line_above_an_unmarked_mail_is_told_by_its_date_and_time(line: str) -> None:
    assert visible_reply(f"It works.\n\n{line}\n\nDoes it?").reply == "It works."


@pytest.mark.parametrize(
    "text",
    [
        "Sent via DHL, tracking 123",
        "Sent via DHL tracking 123",
        "Sent from: Vienna",
        "Sent with the courier of the shop",
        "Sent from my iPhone because my computer does not start",
        "Von meinem Konto wurden 30 Euro abgebucht",
        "Von meinem iPhone wurden alle Bilder gelöscht",
        "Am 3. März habe ich die Mail an Outlook gesendet",
        "Gesendet von Wien nach Graz",
        "Отправлено из Москвы 3 марта",
        "发自上海的包裹没有到",
        "昨日フォームから送信",
        "Telefon gönderildi",
        "Poslano iz Zagreba",
        "Sent from my bank account",
    ],
)
def test_a_sentence_about_what_was_sent_is_no_programs(text: str) -> None:
    for said in (f"Hello,\n\n{text}\n\nPlease help.", f"Hello,\n\n{text}", text):
        assert visible_reply(said).reply == said


@pytest.mark.parametrize("below", ["Where is my parcel?", "我的包裹在哪里？", "and please send me the other one too"])
def test_a_question_or_sentence_below_a_programs_line_stays(below: str) -> None:
    assert below in visible_reply(f"It works.\n\nSent from my iPhone\n\n{below}").reply


@pytest.mark.parametrize("rule", ["---", "----", "__", "\N{EM DASH}", "_" * 30])
@pytest.mark.parametrize(
    "below",
    [
        "\n\nThe second thing: the printer burns, and nobody knows why.",
        "\nprinter  2\nscanner  3\n---\nThat is all",
        "\ntitle: My page\n---\nIt does not load",
        "\nCan you help?",
        "\n\nBlue",
        "\nred\nblue",
    ],
)
def test_a_line_that_the_sender_drew_cuts_nothing(rule: str, below: str) -> None:
    said = f"First thing.\n\n{rule}{below}"
    assert visible_reply(said).reply == said


@pytest.mark.parametrize("rule", ["---", "\N{EM DASH}", "__"])
def test_a_card_below_a_drawn_line_is_a_signature(rule: str) -> None:
    assert visible_reply(f"It works.\n\n{rule}\nAda Lovelace\nHead of Engines\n+44 20 7946 0000").reply == "It works."


@pytest.mark.parametrize(
    "text",
    [
        "We want\nBest\nValue\nCheap",
        "I sent you my\nLP\nCD",
        "We use\nmvg\nMusterfirma",
        "Which one did you ship?\n\n-Blue",
    ],
)
def test_a_short_word_is_no_closing_without_a_comma_or_a_gap(text: str) -> None:
    assert visible_reply(text).reply == text


@pytest.mark.parametrize("closing", ["\nBest,\nAda", "\n\nLP\nAda", "\nmvg,\nAda"])
def test_a_short_closing_with_a_comma_or_a_gap_is_one(closing: str) -> None:
    assert visible_reply(f"It works.{closing}").reply == "It works."


@pytest.mark.parametrize(
    "heading",
    [
        "*** IMPORTANT ***",
        "## Summary ##",
        "=== Problem ===",
        "---- Steps to reproduce ----",
        "-- Urgent --",
        "__ Molimo __",
        "-- original message in the log --",
        "- please sign above this line",
        "## Order ##\nName: Ada\nBought: 2026-01-02 10:00\nE-Mail: ada@example.org",
    ],
)
def test_a_heading_that_the_sender_framed_cuts_nothing(heading: str) -> None:
    text = f"Hello desk,\n\n{heading}\n\nThe printer burns."
    assert visible_reply(text).reply == text


@pytest.mark.parametrize(
    "frame",
    [
        "----- Original Message -----",
        "--- Ursprüngliche Nachricht ---",
        "---- Izvorna poruka ----",
        "__ Message d'origine __",
        "---\n*Previous Replies*",
        "## Antworten Sie oberhalb dieser Zeile ##",
        "---- On Mon, 2 Mar 2026 09:00:00 +0100 desk@example.org wrote ----",
    ],
)
def test_a_programs_frame_ends_the_reply_without_fields_below(frame: str) -> None:
    assert visible_reply(f"It works.\n\n{frame}\n\nDoes it?").reply == "It works."


@pytest.mark.parametrize(
    "fields",
    [
        "From: Monday to Friday\nDate: from 12.03.2025\nSubject: summer hours",
        "From: Vienna\nTo: Zagreb\nDate: 12 March 2025, 10:40",
        "Von: Wien\nNach: Zagreb\nDatum: 12.03.2025 10:40\nBetreff: Fahrkarte",
        "Od: Beč\nDo: Zagreb\nDatum: 12.03.2025 10:40\nPredmet: karta",
        "Datum: 12.03.2025 10:40\nTema: sastanak\nMjesto: Zagreb",
        "Από: Βιέννη\nΠρος: Ζάγκρεμπ\nΗμερομηνία: 12/3/2025 10:40\nΘέμα: εισιτήριο",
        "От: Вена\nКому: Загреб\nДата: 12.03.2025 10:40\nТема: билет",
        "日付: 2025年3月12日 10:40\n件名: 会議\n場所: 東京",
        "Sent: 3 parcels\nDate: 12.03.2025 10:40\nSubject: parcels\nNote: one is late",
        "Date: 12.03.2025 10:40\nSubject: parcels\nNote: ask ada@example.org",
        "from: alerts@example.org\nto: desk@example.org\nsubject: down\ndate: 2025-03-12 10:40",
    ],
)
def test_a_list_of_the_senders_own_is_no_header(fields: str) -> None:
    text = f"Hello desk,\n\nhere it is:\n\n{fields}\n\nCan you change it?"
    assert visible_reply(text).reply == text
