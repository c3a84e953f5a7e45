"""How many wrong passwords an address may try."""

from threadline_email.failed_logins import KEPT, FailedLogins


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_an_address_is_barred_until_its_first_failure_is_long_ago() -> None:
    clock = Clock()
    failed = FailedLogins("3 in 10 min", clock)
    for _ in range(3):
        assert not failed.barred("192.0.2.1")
        failed.add("192.0.2.1")
        clock.now += 60
    assert failed.barred("192.0.2.1")
    assert not failed.barred("192.0.2.2")
    clock.now = 1000 + 599
    assert failed.barred("192.0.2.1")
    clock.now = 1000 + 600
    assert not failed.barred("192.0.2.1")
    failed.add("192.0.2.1")
    assert failed.barred("192.0.2.1")


def test_an_ipv6_network_is_one_address() -> None:
    failed = FailedLogins("2 in 10 min")
    failed.add("2001:db8::1")
    failed.add("2001:db8::ffff:2")
    assert failed.barred("2001:db8::3")
    assert not failed.barred("2001:db8:0:1::3")


def test_of_nobody_known_nothing_is_counted() -> None:
    failed = FailedLogins("1 in 10 min")
    failed.add("")
    assert not failed.barred("")


def test_of_countless_addresses_the_latest_are_remembered() -> None:
    failed = FailedLogins("1 in 10 min")
    for number in range(KEPT + 10):
        failed.add(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
    assert not failed.barred("10.0.0.9")
    assert failed.barred("10.0.0.10")
