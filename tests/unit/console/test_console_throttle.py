from threadline_console.throttle import Throttle


def test_a_burst_is_free_and_then_one_comes_back_at_a_time() -> None:
    throttle = Throttle(burst=3, every=10.0)

    tries = [throttle.wait("mallory", now) for now in (0.0, 0.0, 0.0, 0.0, 9.0, 10.0, 10.0)]

    assert tries == [0.0, 0.0, 0.0, 10.0, 1.0, 0.0, 10.0]


def test_one_caller_does_not_slow_another() -> None:
    throttle = Throttle(burst=1, every=10.0)
    throttle.wait("mallory", 0.0)

    assert throttle.wait("ada", 0.0) == 0.0


def test_a_rest_gives_the_whole_burst_back_and_no_more() -> None:
    throttle = Throttle(burst=2, every=10.0)
    for _ in range(2):
        throttle.wait("ada", 0.0)

    assert [throttle.wait("ada", 1000.0) for _ in range(3)] == [0.0, 0.0, 10.0]
