"""The scanner's verdict on a blob, remembered for a while: content never changes, but signatures do."""

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from msgspec import Struct

from threadline_contracts.errors import MalformedInputError
from threadline_shared.blobs import Blobs
from threadline_shared.scan import UNSCANNED, Scanner

_REMEMBERED: Final = 10_000
_FRESH_SECONDS: Final = 3600.0


class Scan(Struct, frozen=True):
    """What the header `Threadline-Scan` says: clean, infected or unscanned."""

    word: str

    @property
    def infected(self) -> bool:
        """Whether the file must not be given out."""
        return self.word == "infected"


class BlobScanner:
    """Asks the scanner about a blob at most once an hour, however many ranges of it are read."""

    def __init__(self, scanner: Scanner | None, blobs: Blobs, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._scanner = scanner
        self._blobs = blobs
        self._clock = clock
        self._known: OrderedDict[str, tuple[Scan, float]] = OrderedDict()

    async def verdict(self, blob: str) -> Scan:
        """Return the verdict on a blob; one that cannot be scanned is unscanned, and asked about again."""
        known = self._known.get(blob)
        if known and self._clock() - known[1] < _FRESH_SECONDS:
            return known[0]
        scan = Scan((await self._ask(blob)).partition(":")[0])
        if scan.word != UNSCANNED:
            self._remember(blob, scan)
        return scan

    async def _ask(self, blob: str) -> str:
        if self._scanner is None:
            return UNSCANNED
        try:
            return await self._scanner.verdict(await self._blobs.read(blob))
        except MalformedInputError:  # too large to be held at once
            return UNSCANNED

    def _remember(self, blob: str, scan: Scan) -> None:
        self._known[blob] = (scan, self._clock())
        self._known.move_to_end(blob)
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
