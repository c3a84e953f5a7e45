"""Every mail of the peers' test suites becomes a message, quickly; `make corpus` says how well each is read."""

import time
from pathlib import Path
from typing import Final

import msgspec
import pytest

from support.mail import normalized
from threadline_shared.fit import fit

ROOT: Final = Path(__file__).parents[3] / "shared" / "corpora" / "email"
SOURCES: Final = sorted({path.parent for path in ROOT.glob("*/mail/*.eml")})
SECONDS_MAX: Final = 2.0  # for one mail, on a busy machine


@pytest.mark.skipif(not SOURCES, reason=f"no peers' mails in {ROOT}: our own in tests/corpus/email are tested")
@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.parent.name)
def test_no_mail_of_a_peer_is_refused_or_slow(source: Path) -> None:
    for path in sorted(source.glob("*.eml")):
        started = time.process_time()
        message = fit(normalized(path.read_bytes()).message).message
        assert msgspec.json.decode(msgspec.json.encode(message), type=type(message)) == message, path
        assert time.process_time() - started < SECONDS_MAX, path
