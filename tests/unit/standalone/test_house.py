"""What the services of one process are told beyond what the operator said."""

from pathlib import Path

import pytest

from threadline_standalone.house import furnished

SETTINGS = """
[threads]
own_addresses = ["boss@desk.example"]
[[email.mailboxes]]
address = "support@desk.example"
aliases = ["help@desk.example"]
[[email.mailboxes]]
address = "sales@desk.example"
"""


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "threadline.toml").write_text(SETTINGS)
    return {"THREADLINE_CONFIG": str(tmp_path / "threadline.toml")}


def test_every_mailbox_is_ours(env: dict[str, str], tmp_path: Path) -> None:
    ours = "boss@desk.example,support@desk.example,help@desk.example,sales@desk.example"
    assert furnished(env, tmp_path)["THREADLINE_OWN_ADDRESSES"] == ours


def test_keys_are_drawn_once(env: dict[str, str], tmp_path: Path) -> None:
    first, again = (furnished(env, tmp_path)["THREADLINE_TOKEN_KEYS_FILE"] for _ in range(2))
    assert first == again
    assert Path(first).stat().st_mode & 0o077 == 0


def test_keys_that_are_given_are_kept(env: dict[str, str], tmp_path: Path) -> None:
    given = {**env, "THREADLINE_TOKEN_KEYS": "k1:" + "5a" * 32}
    assert furnished(given, tmp_path)["THREADLINE_TOKEN_KEYS"] == given["THREADLINE_TOKEN_KEYS"]
