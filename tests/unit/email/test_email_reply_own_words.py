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
