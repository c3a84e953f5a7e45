"""What mail programs say around mails, language by language: header names, "wrote:" and their frames.

Data, in lower case. Shape decides wherever it can (quotations.py); these are for where it would eat what people write.
"""
# ruff: noqa: RUF001 - words of many alphabets

from typing import Final

_FROM: Final = (
    "from von de da van od от від fra från lähettäjä feladó gönderen kimden expéditeur remitente mittente afzender"
    " absender nadawca odesílatel odosielateľ pošiljatelj pošiljalac šalje από saatja nuo sūtītājs dari từ avsender"
    " afsender frá sendandi 发件人 寄件者 差出人 送信者 보낸사람 من מאת จาก ผู้ส่ง"
    " шаље пошиљалац αποστολέας ส่งโดย pengirim"
)
_DATE: Final = (
    "date sent datum data gesendet envoyé enviado enviada inviato verzonden wysłano дата надіслано отправлено dato"
    " sendt skickat lähetetty päivämäärä küldve dátum elküldve tarih gönderilen odesláno odoslané poslano trimis fecha"
    " ημερομηνία στάλθηκε αποστολή εστάλη отправлен відправлено изпратено послато poslato saadetud terkirim"
    " kuupäev 发送时间 日期 寄件日期 日付 送信日時 날짜 التاريخ תאריך נשלח วันที่ gửi tanggal"
)
_SUBJECT: Final = (
    "subject betreff objet asunto oggetto onderwerp temat assunto тема emne ämne aihe tárgy konu předmět predmet"
    " subiect θέμα naslov zadeva tema относно предмет teema 主题 主旨 件名 제목 الموضوع נושא เรื่อง perihal"
)
FROM_WORDS: Final = frozenset({*_FROM.split(), "de la", "envoyé par", "보낸 사람", "message du"})
DATE_WORDS: Final = frozenset(
    {
        *_DATE.split(),
        *("envoyé le", "enviado el", "enviado em", "보낸 날짜", "ngày gửi", "date d'envoi", "ημερομηνία αποστολής"),
        *("дата отправки", "datum slanja"),
    }
)
SUBJECT_WORDS: Final = frozenset(_SUBJECT.split())

# Where they stand further down: to begin with, they say too little.
_TO: Final = (
    "to an à a para aan do till til vastaanottaja komu prima za προς кому до kime címzett către 宛先 收件人 收件者"
    " prima primatelj primalac prejemnik 받는사람 받는 إلى אל cc kopie copie copia kopia kopio kópia копия копія"
)
TO_WORDS: Final = frozenset(_TO.split())

# What ends the line above a quotation, before its colon: "On <date> <name> wrote:".
SAID: Final = (
    *("wrote", "writes", "sent", "schrieb", "geschrieben", "a écrit", "écrit", "écrivait", "escribió", "ha scritto"),
    *("scrive", "escreveu", "schreef", "geschreven", "napisał", "napisała", "pisze", "skrev", "kirjoitti", "napsal"),
    *("napsala", "napísal", "napísala", "napisao je", "napisala je", "napisao", "napisala", "je napisao", "piše"),
    *("je napisal", "je napisala", "написао је", "написала је", "написал", "написала", "пишет", "писал", "написав"),
    *("написала", "пише", "написа", "έγραψε", "έγραψαν", "yazdı", "şunu yazdı", "şunları yazdı", "írta", "ezt írta"),
    *("a scris", "rašė", "rakstīja", "kirjutas", "đã viết", "menulis", "เขียน", "เขียนว่า", "写道", "寫道", "のメール"),
    *("書きました", "님이 작성", "작성", "쓴 글", "كتب", "كتبت", "נכתב", "כתב", "כתבה"),
    *("skrifaði", "a scrit", "va escriure"),
)

# Whoever tells that somebody wrote says such words; a program's line has none of these.
_SPEAKERS: Final = (
    "the i me my mine we us our your ich mir mich mein meine meinem wir uns unser unsere ihr ihre moi nous vous notre"
    " votre yo mi nos nuestro su io ci noi nostro eu nosso ik mij mijn wij ons jag mig vi oss jeg meg min mam mnie"
    " nam nasz já mně nám náš ja meni mene nas naš naša moj moja vaš vaša vam мне меня мы нам нас наш моя мой ваш"
    " я ја ваша мені мене ми εγώ μου μας εμένα σας minä minulle meille ben bana biz bize én nekem nekünk mie nouă"
)
SPEAKERS: Final = frozenset(_SPEAKERS.split())

# What stands between dashes, or before a colon, above a mail that is passed on.
FORWARDED: Final = (
    *("forwarded message", "forwarded by", "weitergeleitete nachricht", "weitergeleitete e-mail", "message transféré"),
    *(
        "message réexpédié",
        "mensaje reenviado",
        "messaggio inoltrato",
        "mensagem encaminhada",
        "mensagem reencaminhada",
    ),
    *("doorgestuurd bericht", "wiadomość przekazana", "przekazana wiadomość", "przesłana wiadomość"),
    *("vidarebefordrat meddelande", "vidarebefordrat brev", "videresendt meddelelse", "videresendt melding"),
    *("videresendt mail", "videresendt e-mail", "välitetty viesti", "edelleenlähetetty viesti", "přeposlaná zpráva"),
    *("preposlaná správa", "proslijeđena poruka", "prosleđena poruka", "posredovano sporočilo", "προωθημένο μήνυμα"),
    *("пересылаемое сообщение", "пересланное сообщение", "пересылаемое письмо", "переадресованное сообщение"),
    *("переслане повідомлення", "пересилане повідомлення", "препратено съобщение", "iletilmiş mesaj"),
    *(
        "yönlendirilmiş mesaj",
        "iletilen ileti",
        "továbbított üzenet",
        "mesaj redirecționat",
        "转发的邮件",
        "转发邮件信息",
    ),
    *(
        "轉寄郵件",
        "轉寄的郵件",
        "転送メッセージ",
        "転送されたメッセージ",
        "전달된 메일",
        "전달된 메시지",
        "전달 메시지",
    ),
    *("weitergeleiteten nachricht", "videresendt besked", "przekazywanej wiadomości", "proslijeđene poruke"),
    *("προωθημένου μηνύματος", "přeposílané zprávy", "přeposlané zprávy", "переадресованного сообщения"),
    *("переадресованого повідомлення", "ההודעה המועברת"),
    *("رسالة معاد توجيهها", "رسالة محولة", "הודעה שהועברה", "הודעה מועברת", "thư chuyển tiếp", "pesan terusan"),
)

# What help desks write above the mail that they send, behind drawn characters.
REPLY_ABOVE: Final = (
    *(
        "above this line",
        "oberhalb dieser linie",
        "über dieser linie",
        "oberhalb dieser zeile",
        "über dieser zeile",
        "au-dessus de cette ligne",
        "encima de esta línea",
    ),
    *("sopra questa linea", "sopra questa riga", "acima desta linha", "boven deze lijn", "boven deze regel"),
    *("powyżej tej linii", "ovanför den här raden", "over denne linje", "over denne linjen", "tämän rivin yläpuolelle"),
    *("nad tento řádek", "nad tímto řádkem", "iznad ove crte", "iznad ove linije", "πάνω από αυτή", "выше этой"),
    *("вище цієї", "bu satırın üst", "この行より上", "この線より上", "在此行上", "在此線上", "在此线上", "이 줄 위"),
    *(
        "au dessus de cette ligne",
        "acima dessa linha",
        "por encima de esta línea",
        "iznad ovog retka",
        "iznad ove linije",
    ),
    *("nad to vrstico", "над этой строк", "над този ред", "πάνω από τη γραμμή", "fölé írja", "deasupra acestei linii"),
    *("فوق هذا السطر", "מעל שורה זו", "מעל לשורה זו"),
)

# What programs write between dashes above the mail that is answered, with nothing to say whose it was.
ORIGINAL: Final = (
    *("original message", "original e-mail", "original email", "original mail", "replied message", "reply message"),
    *("ursprüngliche nachricht", "ursprüngliche mail", "original-nachricht", "originalnachricht", "original-mail"),
    *("message d'origine", "message d\u2019origine", "message original", "mensaje original", "messaggio originale"),
    *("mensagem original", "oorspronkelijk bericht", "origineel bericht", "oorspronkelijke bericht"),
    *("oprindelig meddelelse", "original meddelelse", "oprindelig besked", "opprinnelig melding"),
    *("ursprungligt meddelande", "originalmeddelande", "alkuperäinen viesti", "wiadomość oryginalna"),
    *("oryginalna wiadomość", "původní zpráva", "pôvodná správa", "originalna poruka", "izvorna poruka"),
    *("izvirno sporočilo", "originalno sporočilo", "оригинална порука", "оригинална поруке", "αρχικό μήνυμα"),
    *("исходное сообщение", "оригинальное сообщение", "исходное письмо", "вихідне повідомлення"),
    *("оригінальне повідомлення", "оригинално съобщение", "orijinal mesaj", "özgün ileti", "eredeti üzenet"),
    *("mesaj original", "mesajul original", "algne kiri", "thư gốc", "pesan asli", "原始邮件", "原始郵件", "原邮件"),
    *("原郵件", "元のメッセージ", "원본 메시지", "원본 메일", "الرسالة الأصلية", "ההודעה המקורית", "הודעה מקורית"),
)
# What help desks write below a drawn line, above what was said before.
EARLIER: Final = (
    *("previous replies", "previous messages", "vorherige antworten", "réponses précédentes", "respuestas anteriores"),
    *(
        "risposte precedenti",
        "respostas anteriores",
        "vorige antwoorden",
        "eerdere antwoorden",
        "poprzednie odpowiedzi",
    ),
    *("tidigare svar", "tidligere svar", "poprzednie odpowiedzi", "předchozí odpovědi", "prethodni odgovori"),
    *(
        "προηγούμενες απαντήσεις",
        "предыдущие ответы",
        "попередні відповіді",
        "önceki yanıtlar",
        "之前的回复",
        "以前の返信",
    ),
)
