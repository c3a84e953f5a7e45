"""By what a mail is known as a bounce where no report says so: its sender, its path, and what it opens with."""

import re
from collections.abc import Mapping
from typing import Final

from threadline_email.failed_recipients import ADDRESS
from threadline_email.headers import Headers
from threadline_email.mime import Part
from threadline_email.returned import returned_head, returned_parts

# All of these look at names and local parts; a domain says nothing of who writes: ada@mdaemon.example.
_DOMAIN: Final = re.compile(r"@[\w.-]+")
_MAIL_SYSTEM: Final = re.compile(
    r"mailer[-_.]?daemon|mail[-_.]?daemon|mail\.delivery\.system|(?:^|[<\"\s])(?:mdaemon|double-bounce)(?=[>\"\s]*$)",
    re.IGNORECASE,
)
# People read and write at these addresses too.
_POSTMASTER: Final = re.compile(
    r"(?<![\w.+-])post[-_]?master(?![\w.+-])|^\W*(?:mail deliver|delivery (?:sub)?system|system administrator\b)",
    re.IGNORECASE,
)
_MACHINE: Final = re.compile(
    r"no[-_.]?reply|do[-_.]?not[-_.]?reply|(?:\b|_)admin\b|\bdaemon|\bsystem\b(?! admin)", re.IGNORECASE
)
# Only along a null return path, or above a returned mail or a reply: people write such subjects too.
_SUBJECT: Final = re.compile(
    r"undeliver|deliver\w{0,8} (?:status|fail|problem|warning|error|has failed)|(?:non-|not )deliver"
    r"|returned mail(?=\s*(?:[:;,\"'-]|$))"
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
_CODE: Final = r"\W{0,8}[45](?:[0-2]\d|3\d|5\d|7[01])[ -]"
# What stands behind the code tells a reply from a sum: "550 Euro were paid".
_REPLY: Final = re.compile(
    rf"[<>]{{3}}{_CODE}\S|(?:^|\b(?:said|reply|response|answer(?:ed)?):){_CODE}(?:[45]\.\d{{1,3}}\.\d{{1,3}}\b|[<#]"
    r"|(?:[\w'-]{1,20},? ){0,2}(?:user|mailbox|recipient|relay\w{0,3}|unknown|no such|unrouteable|reject\w{0,3}"
    r"|denied|block\w{0,4}|spam|quota|requested (?:mail )?action|address)\b)",
    re.IGNORECASE | re.MULTILINE,
)
# Above the returned mail, which may be empty or cut. Replies of people say "Original Message" alone.
_FOLLOWS: Final = re.compile(r"^.{0,40}\b(?:message|mail|headers?) follows?\b[.:]?\s*$", re.IGNORECASE | re.MULTILINE)
_OPENING_LINES: Final = 12
_OPENING_MAX: Final = 1500
# Of fml, which refuses posts in these words. Its notices are no posts: those carry a number.
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
    names = _DOMAIN.sub("", sender)
    if _MAIL_SYSTEM.search(names):
        return (f"From: {sender}",)
    path = ("null return path",) if has_null_path(headers, facts) else ()
    who = (f"From: {sender}",) if _POSTMASTER.search(names) else ()
    subject = headers.text("subject")
    if path and _SUBJECT.search(subject):
        return (f"Subject: {subject}", *path)
    if path and who:
        return (*path, *who)
    said = _by_text(root, text, path or who, subject, sure=bool(path))
    return said or _by_text(root, text, _machine(sender, names, headers)) or _from_list_server(headers, subject, text)


def has_null_path(headers: Headers, facts: Mapping[str, str]) -> bool:
    """Return whether nobody wants to hear what becomes of a mail: RFC 5321 asks that of reports."""
    return facts.get("mail_from") == "" or headers.text("return-path").lower().startswith(NULL_PATHS)


def is_mail_system(sender: str) -> bool:
    """Return whether a mail system may have written, by its name or local part."""
    names = _DOMAIN.sub("", sender)
    return any(kind.search(names) for kind in (_MAIL_SYSTEM, _POSTMASTER, _MACHINE))


def _machine(sender: str, names: str, headers: Headers) -> tuple[str, ...]:
    """Return the sign of a robot; one that writes for somebody else, as forms do, names them in Reply-To."""
    reply_to = headers.text("reply-to")
    ours = {domain[0].lower() for domain in _DOMAIN.finditer(sender)}
    foreign = any(domain[0].lower() not in ours for domain in _DOMAIN.finditer(reply_to))
    if foreign and not is_mail_system(reply_to):
        return ()
    return (f"From: {sender}",) if _MACHINE.search(names) else ()


def _by_text(
    root: Part, text: str, machine: tuple[str, ...], subject: str = "", *, sure: bool = False
) -> tuple[str, ...]:
    """Return the sign of a notice from a machine: it opens with the failure, and shows the mail or the reply.

    `subject` may say so too. `sure`: along a null path, where naming somebody is enough; others tell of parcels that
    could not be delivered.
    """
    if not machine:
        return ()
    opening = "\n".join([line for line in text[:_OPENING_MAX].splitlines() if line.strip()][:_OPENING_LINES])
    words = _NOTICE.search(opening) or _SUBJECT.search(subject)
    if words is None:
        return ()
    shown = _REPLY.search(opening) or _FOLLOWS.search(opening)
    returned = shown or any(returned_parts(root)) or any(returned_head(root, text).names())
    named = sure and ADDRESS.search(opening)
    return (f"text: {words[0]}", *machine) if returned or named else ()


def _from_list_server(headers: Headers, subject: str, text: str) -> tuple[str, ...]:
    """Return the sign of a list server's refusal of what was posted to it."""
    if _LIST_SERVER not in headers or "x-ml-count" in headers:
        return ()
    refused = _REFUSED.search(f"{subject}\n{text[:_OPENING_MAX]}")
    return (f"{_LIST_SERVER}: {refused[0]}",) if refused else ()
