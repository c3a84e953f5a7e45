"""What mail programs say around mails, language by language: header names above a quotation, "Sent from my ..." below.

Data, in lower case. Shape decides wherever it can (quotations.py); these are for where it would eat what people write.
"""
# ruff: noqa: RUF001 - words of many alphabets

from typing import Final

_FROM: Final = (
    "from von de da van od от від fra från lähettäjä feladó gönderen kimden expéditeur remitente mittente afzender"
    " absender nadawca odesílatel odosielateľ pošiljatelj pošiljalac šalje από saatja nuo sūtītājs dari từ avsender"
    " afsender frá sendandi 发件人 寄件者 差出人 送信者 보낸사람 من מאת จาก ผู้ส่ง"
)
_DATE: Final = (
    "date sent datum data gesendet envoyé enviado enviada inviato verzonden wysłano дата надіслано отправлено dato"
    " sendt skickat lähetetty päivämäärä küldve dátum elküldve tarih gönderilen odesláno odoslané poslano trimis fecha"
    " ημερομηνία kuupäev 发送时间 日期 寄件日期 日付 送信日時 날짜 التاريخ תאריך วันที่ gửi tanggal"
)
_SUBJECT: Final = (
    "subject betreff objet asunto oggetto onderwerp temat assunto тема emne ämne aihe tárgy konu předmět predmet"
    " subiect θέμα teema 主题 主旨 件名 제목 الموضوع נושא เรื่อง perihal"
)
_TWO_WORDS: Final = (
    "de la",
    "envoyé le",
    "envoyé par",
    "enviado el",
    "enviado em",
    "보낸 사람",
    "보낸 날짜",
    "ngày gửi",
)

HEADER_WORDS: Final = frozenset(f"{_FROM} {_DATE} {_SUBJECT}".split()) | frozenset(_TWO_WORDS)

# A line that begins so, stands alone and is no sentence was added by a program.
SENT_FROM: Final = (
    *("sent from", "sent via", "sent with", "sent using", "get outlook for"),
    *("envoyé de", "envoyé depuis", "envoyé à partir", "télécharger outlook", "téléchargez outlook"),
    *(
        "gesendet von",
        "gesendet mit",
        "gesendet aus",
        "von meinem",
        "diese nachricht wurde von",
        "holen sie sich outlook",
    ),
    *("enviado desde", "enviado do", "enviado de", "enviado a partir", "obtener outlook", "obter o outlook"),
    *("inviato da", "inviato dal", "ottieni outlook", "scarica outlook"),
    *("verzonden vanaf", "verzonden via", "verzonden met", "verstuurd vanaf", "verstuurd via", "outlook voor"),
    *("wysłano z", "wysłane z", "pobierz outlook", "skickat från", "hämta outlook", "sendt fra", "hent outlook"),
    *("lähetetty", "hanki outlook", "odesláno z", "odoslané z", "poslano z", "poslano s", "trimis de pe", "elküldve"),
    *("отправлено из", "отправлено с", "надіслано з", "στάλθηκε από", "發自我的", "发自我的", "從我的", "從 iphone"),
    *("iphoneから送信", "私のiphone", "나의 iphone", "نشئت من", "أرسلت من", "נשלח מ"),
)
# Word orders in which the device comes first.
SENT_FROM_ENDINGS: Final = (" gesendet", "から送信", "에서 보냄", " gönderildi")
