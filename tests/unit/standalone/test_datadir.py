"""One process owns a data directory, and its keys are drawn once."""

import os
from pathlib import Path

import pytest

from threadline_contracts.errors import SettingsError
from threadline_standalone.datadir import owned, owner, token_keys


def test_a_second_owner_is_refused_in_one_line_that_names_the_first(tmp_path: Path) -> None:
    with (
        owned(tmp_path),
        pytest.raises(SettingsError, match=f"in use by process {os.getpid()}: stop that one") as refusal,
        owned(tmp_path),
    ):
        pass
    assert "\n" not in str(refusal.value)


def test_whoever_ends_lets_go(tmp_path: Path) -> None:
    with owned(tmp_path):
        assert owner(tmp_path) == os.getpid()
    assert owner(tmp_path) is None
    with owned(tmp_path):
        pass


def test_a_directory_that_was_never_used_has_no_owner(tmp_path: Path) -> None:
    assert owner(tmp_path / "nothing") is None


def test_nobody_else_may_read_a_new_data_directory(tmp_path: Path) -> None:
    with owned(tmp_path / "var"):
        assert (tmp_path / "var").stat().st_mode & 0o077 == 0


def test_a_file_in_the_way_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("")
    with pytest.raises(SettingsError, match="THREADLINE_DATA_DIR: cannot use"), owned(tmp_path / "var"):
        pass


def test_token_keys_are_drawn_once_and_kept_private(tmp_path: Path) -> None:
    first = token_keys(tmp_path).read_text()
    assert token_keys(tmp_path).read_text() == first
    assert first.startswith("k1:")
    assert len(bytes.fromhex(first.strip().removeprefix("k1:"))) == 32
    assert token_keys(tmp_path).stat().st_mode & 0o777 == 0o600


def test_keys_that_a_crash_left_half_written_are_drawn_again(tmp_path: Path) -> None:
    (tmp_path / "token-keys.new").write_text("k1:12")
    assert len(token_keys(tmp_path).read_text()) > 60
