"""The keys that sign, and what is wrong with them in one line."""

import pytest

from threadline_contracts.errors import SettingsError
from threadline_threads.settings import key_ring

SECRET = "5a" * 16


def test_the_first_key_signs() -> None:
    ring = key_ring({"THREADLINE_TOKEN_KEYS": f"k2:{SECRET}, k1:{SECRET}\n"})
    assert list(ring) == ["k2", "k1"]
    assert ring["k2"] == b"\x5a" * 16


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is not set"),
        ("k1", "at least 32 hexadecimal digits"),
        ("k1:5a5a", "at least 32 hexadecimal digits"),
        ("k1:not hexadecimal at all, whatever", "at least 32 hexadecimal digits"),
        (f"K-1:{SECRET}", "1 to 8 digits or small letters"),
        (f"k1:{SECRET},k1:{SECRET}", "two keys k1"),
    ],
)
def test_a_wrong_ring_is_one_line_without_the_secret(text: str, says: str) -> None:
    with pytest.raises(SettingsError, match=says) as caught:
        key_ring({"THREADLINE_TOKEN_KEYS": text})
    assert "THREADLINE_TOKEN_KEYS" in str(caught.value)
    assert SECRET not in str(caught.value)
    assert "\n" not in str(caught.value)
