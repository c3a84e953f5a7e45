"""What mail programs say around mails, language by language: header names and "wrote:" above, "Sent from my ..." below.

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
    " kuupäev 发送时间 日期 寄件日期 日付 送信日時 날짜 التاريخ תאריך วันที่ gửi tanggal"
)
_SUBJECT: Final = (
    "subject betreff objet asunto oggetto onderwerp temat assunto тема emne ämne aihe tárgy konu předmět predmet"
    " subiect θέμα naslov zadeva tema относно предмет teema 主题 主旨 件名 제목 الموضوع נושא เรื่อง perihal"
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
    "message du",
    "date d'envoi",
    "ημερομηνία αποστολής",
    "дата отправки",
    "datum slanja",
)

HEADER_WORDS: Final = frozenset(f"{_FROM} {_DATE} {_SUBJECT}".split()) | frozenset(_TWO_WORDS)

# Where they stand further down: to begin with, they say too little.
_TO: Final = (
    "to an à a para aan do till til vastaanottaja komu prima za προς кому до kime címzett către 宛先 收件人 收件者"
    " 받는사람 إلى אל cc kopie copie copia kopia kopio kópia копия копія"
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
    "i me my mine we us our your ich mir mich mein meine meinem wir uns unser unsere ihr ihre moi nous vous notre"
    " votre yo mi nos nuestro su io ci noi nostro eu nosso ik mij mijn wij ons jag mig vi oss jeg meg min mam mnie"
    " nam nasz já mně nám náš ja meni mene nas naš naša moj moja vaš vaša vam мне меня мы нам нас наш моя мой ваш"
    " ваша мені мене ми εγώ μου μας εμένα σας minä minulle meille ben bana biz bize én nekem nekünk mie nouă"
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
        "au-dessus de cette ligne",
        "encima de esta línea",
    ),
    *("sopra questa linea", "sopra questa riga", "acima desta linha", "boven deze lijn", "boven deze regel"),
    *("powyżej tej linii", "ovanför den här raden", "over denne linje", "over denne linjen", "tämän rivin yläpuolelle"),
    *("nad tento řádek", "nad tímto řádkem", "iznad ove crte", "iznad ove linije", "πάνω από αυτή", "выше этой"),
    *("вище цієї", "bu satırın üst", "この行より上", "この線より上", "在此行上", "在此線上", "在此线上", "이 줄 위"),
    *("فوق هذا السطر", "מעל שורה זו", "מעל לשורה זו"),
)

# A line that begins so, stands alone and is no sentence was added by a program.
SENT_FROM: Final = (
    *("sent from", "sent via", "sent with", "sent using", "get outlook for"),
    *("envoyé de", "envoyé depuis", "envoyé à partir", "télécharger outlook", "téléchargez outlook"),
    *(
        "gesendet von",
        "gesendet mit",
        "gesendet aus",
        "diese nachricht wurde von",
        "holen sie sich outlook",
    ),
    *("enviado desde", "enviado do", "enviado de", "enviado a partir", "obtener outlook", "obter o outlook"),
    *("inviato da", "inviato dal", "ottieni outlook", "scarica outlook"),
    *("verzonden vanaf", "verzonden via", "verzonden met", "verstuurd vanaf", "verstuurd via", "outlook voor"),
    *("wysłano z", "wysłane z", "pobierz outlook", "skickat från", "hämta outlook", "sendt fra", "hent outlook"),
    *("lähetetty", "hanki outlook", "odesláno z", "odoslané z", "poslano z", "poslano s", "trimis de pe", "elküldve"),
    *("отправлено из", "отправлено с", "надіслано з", "στάλθηκε από", "發自我的", "发自我的", "從我的", "從 iphone"),
    *("εστάλη από", "απεσταλμένο από", "αποστολή από", "λήψη του outlook", "poslato sa", "poslato iz", "poslané z"),
    *("preuzmite outlook", "nabavite outlook", "скачать outlook", "получить outlook", "отримати outlook"),
    *("відправлено з", "изпратено от", "küldve", "az outlook beszerzése", "obțineți outlook", "outlook'u edinin"),
    *(
        "sendt med",
        "skickat med",
        "inviata da",
        "sendt via",
        "odesláno pomocí",
        "získejte outlook",
        "pobierz aplikację",
    ),
    *("đã gửi từ", "được gửi từ", "dikirim dari", "ส่งจาก", "获取 outlook", "取得 outlook", "发自"),
    *("provenance : courrier", "nosūtīts no", "išsiųsta iš", "saadetud minu", "sent by my", "sent on my", "sent thru"),
    *("iphoneから送信", "私のiphone", "나의 iphone", "نشئت من", "أرسلت من", "أُرسلت من", "נשלח מ"),
)
# Word orders in which the device comes first.
SENT_FROM_ENDINGS: Final = (
    *(
        "から送信",
        "에서 보냄",
        "에서 보냈습니다",
        "dan gönderildi",
        "den gönderildi",
        "tan gönderildi",
        "ten gönderildi",
    ),
    *("ile gönderildi", "ról küldve", "ről küldve", "ból küldve", "ből küldve", "val küldve", "vel küldve"),
)
# And those in which it stands between.
SENT_FROM_AROUND: Final = (("von mein", " gesendet"), ("von ", "app gesendet"), ("从", "发送"), ("從", "傳送"))
# What such a line names: without one of these it may be about a parcel.
DEVICES: Final = (
    *("iphone", "ipad", "ipod", "macbook", "android", "samsung", "galaxy", "huawei", "honor", "xiaomi", "redmi"),
    *(
        "nokia",
        "xperia",
        "motorola",
        "oneplus",
        "blackberry",
        "windows",
        "smartphone",
        "smarttelefon",
        "handy",
        "tablet",
    ),
    *("outlook", "thunderbird", "gmail", "gmx", "web.de", "yahoo", "aol", "hotmail", "mailbird", "airmail", "bluemail"),
    *(
        "k-9",
        "fairemail",
        "protonmail",
        "proton mail",
        "tutanota",
        "tuta",
        "superhuman",
        "missive",
        "zimbra",
        "mailspring",
    ),
    *("mail.ru", "яндекс", "mailapp", "mobile phone", "mobilen", "mobiltelefon", "téléphone mobile", "teléfono móvil"),
    *(
        "foxmail",
        "手机",
        "手機",
        "邮箱大师",
        "スマートフォン",
        "아이폰",
        "갤럭시",
        "스마트폰",
        "айфон",
        "text messaging",
    ),
)
# And whose it is, as the maker of a device has its owner say; a short line of that kind is no sentence.
MINE: Final = (
    *(" my ", " mein", " mon ", " ma ", " mi ", " mio ", " mia ", " meu ", " minha ", " mijn ", " mojego ", " mojej "),
    *(" min ", " mitt ", " mog ", " mojega ", " mého ", " môjho ", " моего ", " мого ", " моят ", " μου ", "自我的"),
)
