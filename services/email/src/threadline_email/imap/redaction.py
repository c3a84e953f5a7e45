"""Takes what we logged in with out of a server's words: some repeat a command that they refuse. Pure."""

import re
from base64 import b64encode
from collections.abc import Iterable
from typing import Final

REDACTED: Final = "[redacted]"
_LONG: Final = 8  # characters of a secret in a row, where the server repeats a part of it only
_RUN: Final = re.compile(rf"[A-Za-z0-9+/=._~-]{{{_LONG},}}")


def redact(said: str, secret: str, shown: Iterable[bytes] = ()) -> str:
    """Return a server's words without the secret; `shown`: the SASL strings that hold it, sent in base64."""
    forms = sorted(_forms(secret, shown), key=len, reverse=True)
    for form in forms:
        said = said.replace(form, REDACTED)
    return _RUN.sub(lambda run: REDACTED if _is_part(run[0], forms) else run[0], said)


def _forms(secret: str, shown: Iterable[bytes]) -> set[str]:
    """Return how a secret may be written: as it is, quoted (RFC 3501 4.3), in base64, each as Python shows bytes."""
    quoted = secret.replace("\\", "\\\\").replace('"', '\\"')
    coded = (b64encode(raw).decode() for raw in (secret.encode(), *shown))
    forms = {secret, quoted, *coded}
    return {form for one in forms for form in (one, one.rstrip("="), repr(one.encode())[2:-1], repr(one)[1:-1]) if form}


def _is_part(run: str, forms: Iterable[str]) -> bool:
    part = run.strip(".=-")
    return len(part) >= _LONG and any(part in form for form in forms)
