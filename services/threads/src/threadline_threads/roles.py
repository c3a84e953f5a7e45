"""Which e-mail addresses are roles: nobody's (`no-reply@`), or somebody's in turn (`info@`). Pure."""

from typing import Final

# Nobody reads or writes there in person (RFC 2142, RFC 3834, and what list managers and mail systems use).
NOBODY: Final = frozenset(
    {"noreply", "no-reply", "no_reply", "no.reply", "donotreply", "do-not-reply", "do_not_reply", "dont-reply"}
    | {"mailer-daemon", "mailerdaemon", "postmaster", "bounce", "bounces", "root", "daemon", "nobody"}
    | {"listserv", "majordomo", "mailman", "undisclosed-recipients"}
)
_LIST_ENDINGS: Final = ("-bounces", "-bounce", "-request", "-owner", "-noreply", "-no-reply")
# Several people read and write there.
SHARED: Final = frozenset({"info", "office", "sales", "support", "contact", "kontakt", "hello", "admin", "billing"})


def is_nobody(address: str) -> bool:
    """Return whether no person ever speaks from an address."""
    local = _local(address)
    return local in NOBODY or local.endswith(_LIST_ENDINGS) or local.startswith("owner-")


def is_shared(address: str) -> bool:
    """Return whether several people may speak from an address in turn, or nobody."""
    return _local(address) in SHARED or is_nobody(address)


def _local(address: str) -> str:
    return address.rpartition("@")[0].partition("+")[0]
