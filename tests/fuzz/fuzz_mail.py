"""Coverage-guided fuzzing of the mail parser with atheris: `make fuzz`. What escapes it, or is slow, ends the run.

The arguments are those of libFuzzer; the first folder takes what it finds worth keeping. An input that made it fail
is written to crash-* or timeout-*, and read again by naming that file.
"""

import sys
import time

import atheris

with atheris.instrument_imports(include=["threadline_email"]):
    import threadline_email.normalize

import msgspec

from support.mail import an_arrival
from threadline_contracts.message import InboundMessage
from threadline_contracts.outcome import Skipped
from threadline_shared.fit import fit

ARRIVAL = an_arrival()
SECONDS_MAX = 2.0  # of CPU for at most 64 KB, instrumented


def read_one(raw: bytes) -> None:
    """Read one mail; every exception is a finding."""
    started = time.process_time()
    found = threadline_email.normalize.normalize(raw, ARRIVAL)
    if isinstance(found, Skipped):
        return
    message = fit(found.message).message
    if msgspec.json.decode(msgspec.json.encode(message), type=InboundMessage) != message:
        raise AssertionError("the message does not survive its event")
    if time.process_time() - started > SECONDS_MAX:
        raise AssertionError("too slow")


if __name__ == "__main__":
    atheris.Setup(sys.argv, read_one)
    atheris.Fuzz()
