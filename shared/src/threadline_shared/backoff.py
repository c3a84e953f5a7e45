"""How long to wait before trying again. Pure but for the dice, which may be given."""

import random
from collections.abc import Callable, Iterator
from typing import Final

FIRST: Final = 0.1
MOST: Final = 15.0
_FACTOR: Final = 2.0


def delays(first: float = FIRST, most: float = MOST, dice: Callable[[], float] = random.random) -> Iterator[float]:
    """Yield seconds to wait, for ever: doubling from `first` up to `most`, each shortened at random by up to half.

    The jitter keeps the replicas that lost one database together from coming back to it together.
    """
    step = min(first, most)
    while True:
        yield step * (0.5 + 0.5 * dice())
        step = min(step * _FACTOR, most)
