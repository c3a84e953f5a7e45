"""Which e-mail addresses are roles: nobody's (`no-reply@`), or several people's in turn (`info@`). Pure.

The names are in roles.toml, with their sources.
"""

import re
from typing import Final

from threadline_threads.wordlists import words

_WORDS: Final = words("roles.toml")
NOBODY: Final = frozenset(_WORDS["nobody"])
SHARED: Final = frozenset(_WORDS["shared"])
_LIST_ENDINGS: Final = ("-bounces", "-bounce", "-request", "-owner", "-noreply", "-no-reply")
_PARTS: Final = re.compile(r"[._\-]")


def is_nobody(address: str) -> bool:
    """Return whether no person ever speaks from an address."""
    local = _local(address)
    return local in NOBODY or local.endswith(_LIST_ENDINGS) or local.startswith("owner-")


def is_shared(address: str) -> bool:
    """Return whether an address is several people's in turn, or nobody's: `info@`, `info.zagreb@`, `support2@`."""
    local = _local(address)
    whole, first = local.rstrip("0123456789"), _PARTS.split(local, maxsplit=1)[0]
    return whole in SHARED or first in SHARED or is_nobody(address)


def _local(address: str) -> str:
    return address.rpartition("@")[0].partition("+")[0]
