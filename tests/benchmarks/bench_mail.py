"""What reading one mail costs: parsed and normalised, in CPU time; the standard library's parser beside it."""

import email
import time
from collections.abc import Callable, Sequence
from email.policy import default
from typing import Final

from benchmarks.measure import Row, Run
from benchmarks.ordinary_mail import an_ordinary_mail
from support.mail import SUPPORT, an_arrival
from threadline_email.mailboxes import Directory
from threadline_email.normalize import normalize

_ROUNDS: Final = 7  # the quickest counts: what else the machine does is no cost of ours
_SMALL: Final = (200, 1_800, 0.5)  # how many mails, bytes attached, the most CPU ms each
_LARGE: Final = (10, 1024 * 1024, 8.0)


async def rows() -> list[Row]:
    """Return the rows of the table: a 10 KB multipart mail, and one with a file of 1 MB."""
    return [_row("a mail of 10 KB", *_SMALL), _row("a mail with 1 MB attached", *_LARGE)]


def _row(name: str, count: int, attached: int, limit: float) -> Row:
    mails = [an_ordinary_mail(number, attached) for number in range(count)]
    arrival, directory = an_arrival(), Directory([SUPPORT])
    ours = _cpu_ms(mails, lambda raw: normalize(raw, arrival, directory))
    theirs = _cpu_ms(mails, _parsed_by_the_standard_library)
    return Row(
        name=f"mail: parse and normalise {name}",
        run=Run(rate=1000 / ours, cpu_ms=ours),
        ratio=limit / ours,
        against=f"the limit ({limit:g} ms)",
        aim=f"<= {limit:g} CPU ms; the standard library parses in {theirs:.1f} ms",
        least=1.0,
    )


def _cpu_ms(mails: Sequence[bytes], read: Callable[[bytes], object]) -> float:
    best = float("inf")
    for _ in range(_ROUNDS):
        started = time.process_time()
        for raw in mails:
            read(raw)
        best = min(best, (time.process_time() - started) / len(mails) * 1000)
    return best


def _parsed_by_the_standard_library(raw: bytes) -> None:
    mail = email.message_from_bytes(raw, policy=default)
    for name in ("from", "to", "cc", "subject", "date"):
        str(mail[name])
    for part in mail.walk():
        if not part.is_multipart():
            part.get_payload(decode=True)
