"""How mail programs begin the subject of an automatic answer, in the languages they speak."""

import re
from typing import Final

# Set by the program and followed by a colon. People write such words too: they need a second sign of a machine.
_PROGRAMS: Final = (
    *("automatic reply", "auto reply", "autoreply", "auto-reply", "automatic response", "auto response"),
    *("auto-response", "automated reply", "automated response", "autoresponder", "out of office autoreply"),
    *("out of office", "out-of-office"),
    *("automatische antwort", "automatische abwesenheitsnotiz", "abwesenheitsnotiz", "abwesenheitsmeldung"),
    *("réponse automatique", "reponse automatique", "absence du bureau", "message d'absence"),
    *("respuesta automática", "respuesta automatica", "fuera de la oficina", "resposta automàtica"),
    *("risposta automatica", "fuori sede", "resposta automática", "ausência do escritório", "fora do escritório"),
    *("automatisch antwoord", "automatische reactie", "niet aanwezig", "afwezig"),
    *("automatisk svar", "automatiskt svar", "autosvar", "fraværende", "frånvarande", "automaattinen vastaus"),
    *("automaatvastus", "automātiskā atbilde", "automatinis atsakymas", "sjálfvirkt svar"),
    *("odpowiedź automatyczna", "automatyczna odpowiedź", "autoodpowiedź", "poza biurem"),
    *("automatická odpověď", "automatická odpoveď", "automatikus válasz", "răspuns automat"),
    *("automatski odgovor", "automatska odsutnost", "odsutnost", "samodejni odgovor", "automatické oznámení"),
    *("автоответ", "автоматический ответ", "автоматична відповідь", "автоматичен отговор", "аутоматски одговор"),
    *("αυτόματη απάντηση", "otomatik yan\u0131t", "otomatik cevap", "balasan otomatis", "trả lời tự động"),
    *("رد تلقائي", "الرد التلقائي", "תשובה אוטומטית", "מענה אוטומטי", "پاسخ خودکار", "स्वचालित उत्तर", "ตอบกลับอัตโนมัติ"),
    *("自動応答", "自動返信", "不在通知", "自动回复", "自动答复", "自動回覆", "자동 회신", "자동 응답"),
)
# Short ones, which people write too: they count in an answer only.
_SHORT: Final = ("auto", "ooo", "vacation", "away", "on vacation", "urlaub", "abwesend", "vacaciones", "ferie", "odmor")


_ALONE: Final = (*_PROGRAMS, "vacation", "away", "on vacation", "abwesend")
_COLON: Final = "\\s*[:\uff1a]"
_BEHIND: Final = f"{_COLON}|\\s+[\u2013\u2014-]\\s|\\s*re:"


def _beginning(phrases: tuple[str, ...], behind: str) -> str:
    return rf"[\[(]?(?:{'|'.join(map(re.escape, phrases))})[\])]?(?:{behind})"


_BEGINS: Final = re.compile(_beginning(_PROGRAMS, _COLON), re.IGNORECASE)
_BEGINS_ANSWER: Final = re.compile(
    rf"{_beginning((*_PROGRAMS, *_SHORT), _BEHIND)}|{_beginning(_ALONE, '$')}", re.IGNORECASE
)


def is_auto_reply_subject(subject: str, *, answers: bool) -> bool:
    """Return whether a program began this subject; `answers`: the mail answers another, or comes from a null path."""
    begins = _BEGINS_ANSWER if answers else _BEGINS
    return begins.match(subject) is not None
