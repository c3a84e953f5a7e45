"""By what a mail is known as a bounce where no report says so: its sender, its path, and what it opens with."""

import re
from collections.abc import Mapping
from typing import Final

from threadline_email.failed_recipients import ADDRESS
from threadline_email.headers import Headers
from threadline_email.mime import Part
from threadline_email.returned import returned_head, returned_parts

_MAIL_SYSTEM: Final = re.compile(
    r"mailer[-_.]?daemon|mail[-_.]?daemon|mdaemon|mail\.delivery\.system|double-bounce", re.IGNORECASE
)
_POSTMASTER: Final = re.compile(
    r"po+st[-_]?master|mail deliver|delivery (?:sub)?system|ndr admin|system administrator", re.IGNORECASE
)
_MACHINE: Final = re.compile(
    r"no[-_.]?reply|do[-_.]?not[-_.]?reply|\badmin|[-_.]admin\b|\bdaemon|\bsystem\b", re.IGNORECASE
)
# Only together with a null return path or a postmaster: people write such subjects too.
_SUBJECT: Final = re.compile(
    r"undeliver|deliver\w* (?:status|fail|problem|warning|error|has failed)|(?:non-|not )deliver|returned mail"
    r"|returned to sender|(?:fail(?:ed|ure)) (?:notice|delivery|mail)|mail fail|could not be delivered"
    r"|not been delivered|delayed \d+ hours|unzustellbar|non remis|no entregado|não entregue|niet bezorgd|недоставлен"
    r"|配信不能|エラー通知|退信",
    re.IGNORECASE,
)
_NOTICE: Final = re.compile(
    r"(?:could|can|was|were|has|have|did)(?: ?not|n't) (?:be |been )?(?:deliver|reach)|undeliver|non-?delivery"
    r"|deliver\w* (?:\w+ ){0,3}fail|fail\w* to deliver|(?:un|not |n't )able to deliver|no such user"
    r"|(?:invalid|unknown) (?:user|recipient|address)|nicht zugestellt|pas pu être (?:remis|distribu|livr)"
    r"|no se (?:pudo|ha podido) entregar|non è stato possibile (?:consegn|recapit)|não pôde ser entregue"
    r"|niet (?:worden )?(?:afgeleverd|bezorgd)|не удалось доставить|nije (?:\w+ )?(?:isporučen|dostavljen)"
    r"|送信できませんでした|配信できませんでした|投递失败|退信",
    re.IGNORECASE,
)
_REPLY: Final = re.compile(
    r"(?:^|[<>]{3}|\b(?:said|reply|response|answer(?:ed)?):)\W*[45]\d\d[ -](?:[45]\.\d\.\d{1,3}|\S)",
    re.IGNORECASE | re.MULTILINE,
)
_OPENING_LINES: Final = 12
_OPENING_MAX: Final = 1500
# Its notices are no posts: those carry a number.
_LIST_SERVER: Final = "x-mlserver"
_REFUSED: Final = re.compile(
    r"\bnot (?:a )?member|loop alert|duplicated message-id|rejected|not allowed to post", re.IGNORECASE
)
NULL_PATHS: Final = ("<>", "<mailer-daemon")


def bounce_signs(root: Part, facts: Mapping[str, str], sender: str, text: str) -> tuple[str, ...]:
    """Return what shows that a mail is a bounce, as evidence; nothing if nothing does. `sender` as in the header."""
    headers = root.headers
    if "x-failed-recipients" in headers:
        return ("X-Failed-Recipients",)
    if _MAIL_SYSTEM.search(sender):
        return (f"From: {sender}",)
    path = ("null return path",) if has_null_path(headers, facts) else ()
    who = (f"From: {sender}",) if _POSTMASTER.search(sender) else ()
    subject = headers.text("subject")
    if _SUBJECT.search(subject) and (path or who):
        return (f"Subject: {subject}", *(path or who))
    if path and who:
        return (*path, *who)
    known = path or who
    return _by_text(root, text, known or _machine(sender), sure=bool(known)) or _from_list_server(
        headers, subject, text
    )


def has_null_path(headers: Headers, facts: Mapping[str, str]) -> bool:
    """Return whether nobody wants to hear what becomes of a mail: RFC 5321 asks that of reports."""
    return facts.get("mail_from") == "" or headers.text("return-path").lower().startswith(NULL_PATHS)


def _machine(sender: str) -> tuple[str, ...]:
    return (f"From: {sender}",) if _MACHINE.search(sender) else ()


def _by_text(root: Part, text: str, machine: tuple[str, ...], *, sure: bool) -> tuple[str, ...]:
    """Return the sign of a notice from a machine: it opens with the failure, and shows the mail, the reply or whom.

    `sure`: of a mail system; other robots tell of parcels that could not be delivered.
    """
    if not machine:
        return ()
    opening = "\n".join([line for line in text[:_OPENING_MAX].splitlines() if line.strip()][:_OPENING_LINES])
    words = _NOTICE.search(opening)
    if words is None:
        return ()
    returned = any(returned_parts(root)) or any(returned_head(root, text).names()) or _REPLY.search(opening)
    begins = _SUBJECT.match(root.headers.text("subject")) is not None
    named = (sure or begins) and ADDRESS.search(opening)
    return (f"text: {words[0]}", *machine) if returned or named else ()


def _from_list_server(headers: Headers, subject: str, text: str) -> tuple[str, ...]:
    """Return the sign of a list server's refusal of what was posted to it."""
    if _LIST_SERVER not in headers or "x-ml-count" in headers:
        return ()
    refused = _REFUSED.search(f"{subject}\n{text[:_OPENING_MAX]}")
    return (f"{_LIST_SERVER}: {refused[0]}",) if refused else ()
