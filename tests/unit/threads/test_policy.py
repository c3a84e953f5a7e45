"""The operator's table of what weak evidence may do, and ours behind it."""

from datetime import timedelta
from pathlib import Path

import pytest

from threadline_contracts.errors import SettingsError
from threadline_contracts.message import Channel
from threadline_shared.settings import load
from threadline_threads.policy import ANY, Action, Condition, Policy, Row
from threadline_threads.policy_settings import DEFAULTS, PolicyRow, policy_of, read_window
from threadline_threads.settings import ThreadsSettings

OURS = policy_of()


def settings(tmp_path: Path, text: str) -> ThreadsSettings:
    (tmp_path / "threadline.toml").write_text(f"[threads]\n{text}", encoding="utf-8")
    return load(ThreadsSettings, {"THREADLINE_CONFIG": str(tmp_path / "threadline.toml")}, section="threads")


def test_by_default_only_what_is_nearly_certain_joins() -> None:
    assert OURS.joins == {Condition.REPLY_SUBJECT, Condition.SAME_KEY, Condition.SAME_CONTENT, Condition.CALL_BACK}
    assert OURS.suggests == set(Condition) - OURS.joins


@pytest.mark.parametrize(
    ("condition", "channel", "window"),
    [
        (Condition.REPLY_SUBJECT, Channel.EMAIL, timedelta(days=7)),
        (Condition.SAME_KEY, Channel.FORM, timedelta(hours=24)),
        (Condition.SAME_CONTENT, Channel.FORM, timedelta(minutes=10)),
        (Condition.CALL_BACK, Channel.VOICE, timedelta(hours=24)),
    ],
)
def test_what_joins_by_default(condition: Condition, channel: Channel, window: timedelta) -> None:
    row = OURS.action(condition, later=channel, earlier=channel)
    assert (row.action, row.window) == (Action.JOIN, window)


@pytest.mark.parametrize("condition", [Condition.SAME_KEY, Condition.SAME_CONTENT])
def test_a_repeated_form_joins_forms_alone(condition: Condition) -> None:
    assert OURS.action(condition, later=Channel.EMAIL, earlier=Channel.FORM).action is Action.OFF
    assert OURS.may_join(condition, Channel.FORM)
    assert not OURS.may_join(condition, Channel.CHAT)


def test_every_condition_has_a_row_of_ours() -> None:
    assert {row.condition for row in DEFAULTS} == set(Condition)


def test_the_operators_rows_come_first() -> None:
    policy = policy_of([PolicyRow(condition=Condition.SAME_SUBJECT, later="email", action=Action.JOIN)])
    assert policy.action(Condition.SAME_SUBJECT, later="email", earlier="chat").action is Action.JOIN
    assert policy.action(Condition.SAME_SUBJECT, later="chat", earlier="email").action is Action.SUGGEST
    assert Condition.SAME_SUBJECT in policy.joins


def test_the_first_row_that_matches_decides() -> None:
    policy = Policy(
        [
            Row(Condition.SAME_SUBJECT, "chat", ANY, timedelta(hours=1), Action.OFF),
            Row(Condition.SAME_SUBJECT, ANY, ANY, timedelta(hours=2), Action.JOIN),
            Row(Condition.SAME_SUBJECT, "email", ANY, timedelta(hours=3), Action.SUGGEST),
        ]
    )
    assert policy.action(Condition.SAME_SUBJECT, later="chat", earlier="email").action is Action.OFF
    assert policy.action(Condition.SAME_SUBJECT, later="email", earlier="chat").window == timedelta(hours=2)


def test_what_is_off_for_all_joins_nothing() -> None:
    policy = policy_of([PolicyRow(condition=Condition.REPLY_SUBJECT, action=Action.OFF)])
    assert Condition.REPLY_SUBJECT not in policy.joins
    assert not policy.may_join(Condition.REPLY_SUBJECT, "email")


def test_without_a_window_a_row_has_that_of_ours() -> None:
    policy = policy_of([PolicyRow(condition=Condition.ONLY_OPEN_TICKET, action=Action.JOIN)])
    row = policy.action(Condition.ONLY_OPEN_TICKET, later="telegram", earlier="telegram")
    assert (row.action, row.window) == (Action.JOIN, timedelta(hours=72))


@pytest.mark.parametrize(
    ("text", "window"),
    [
        ("30s", timedelta(seconds=30)),
        ("10min", timedelta(minutes=10)),
        ("24h", timedelta(days=1)),
        ("7d", timedelta(days=7)),
        ("2 w", timedelta(days=14)),
    ],
)
def test_windows_are_numbers_with_a_unit(text: str, window: timedelta) -> None:
    assert read_window(text) == window


def test_the_table_of_a_settings_file(tmp_path: Path) -> None:
    table = settings(
        tmp_path,
        """
        [[threads.policy]]
        condition = "same_subject"
        later = "email"
        window = "2d"
        action = "join"

        [[threads.numbers]]
        kind = "parcel"
        pattern = 'parcel ([0-9]{9})'
        """,
    ).table()
    row = table.action(Condition.SAME_SUBJECT, later="email", earlier="form")
    assert (row.action, row.window) == (Action.JOIN, timedelta(days=2))
    assert table.patterns[0].kind == "parcel"


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ('condition = "same_mood"\naction = "join"', r"threads\.policy\[0\]\.condition.*'same_mood' is not one of"),
        ('condition = "same_subject"\naction = "maybe"', r"threads\.policy\[0\]\.action.*'maybe' is not one of"),
        ('condition = "same_subject"', r"threads\.policy\[0\].*action is missing"),
        ('condition = "same_subject"\naction = "off"\nlater = "emial"', r"threads\.policy\[0\].*no channel 'emial'"),
        ('condition = "same_subject"\naction = "join"\nwindow = "soon"', r"threads\.policy\[0\].*window 'soon'"),
        ('condition = "same_subject"\naction = "join"\nwindow = "0d"', r"threads\.policy\[0\].*window '0d'"),
        ('condition = "same_subject"\naction = "join"\nwindow = "99w"', r"threads\.policy\[0\].*window '99w'"),
        ('condition = "claimed_identity"\naction = "join"', r"threads\.policy\[0\].*claimed_identity.*never join"),
        ('condition = "similar_text"\naction = "join"', r"threads\.policy\[0\].*similar_text.*never join"),
        ('condition = "same_subject"\naction = "join"\nwidth = 3', r"threads\.policy\[0\]\.width.*is no setting"),
    ],
)
def test_a_wrong_row_is_one_line_that_names_it(tmp_path: Path, row: str, says: str) -> None:
    with pytest.raises(SettingsError, match=says) as caught:
        settings(tmp_path, f"[[threads.policy]]\n{row}\n")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[[threads.numbers]]\nkind = 'parcel'\npattern = '('", r"threads\.numbers\[0\].*pattern '\('"),
        ("[[threads.numbers]]\nkind = 'parcel'\npattern = 'a*'", r"threads\.numbers\[0\].*matches nothing"),
        ("[[threads.numbers]]\nkind = 'Parcel No'\npattern = 'a'", r"threads\.numbers\[0\]\.kind"),
        (f"[[threads.numbers]]\nkind = 'parcel'\npattern = '{'a' * 501}'", r"threads\.numbers\[0\]\.pattern"),
        ("phone_region = 'Croatia'", r"threads\.phone_region.*'Croatia'"),
        ("phone_regions = { zagreb = 'XX' }", r"phone_region 'XX' is no country"),
    ],
)
def test_a_wrong_pattern_or_country_is_one_line_that_names_it(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(SettingsError, match=says) as caught:
        settings(tmp_path, text)
    assert "\n" not in str(caught.value)


def test_what_the_settings_say_about_identities(tmp_path: Path) -> None:
    customs = settings(
        tmp_path,
        'own_addresses = ["help@desk.example"]\nshared_addresses = ["01 555 0100", "@agency.example"]\n'
        'phone_region = "HR"\nphone_regions = { berlin = "DE" }\ngmail_dots = true',
    ).customs()
    assert "email:help@desk.example" in customs.own
    assert {"phone:+38515550100", "email:@agency.example"} <= customs.shared
    assert (customs.region_of("berlin"), customs.region_of("zagreb")) == ("DE", "HR")
    assert customs.gmail_dots
