"""What mail programs and devices say below a mail, "Sent from my ...", language by language. Data, in lower case."""
# ruff: noqa: RUF001 - words of many alphabets

from typing import Final

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
    *("iphon", "ipad", "ipod", "macbook", "android", "samsung", "galaxy", "huawei", "honor", "xiaomi", "redmi"),
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
    *(" my ", " mon ", " ma ", " mi ", " mio ", " mia ", " meu ", " minha ", " mijn ", " mojego ", " mojej "),
    *(" min ", " mitt ", " mog ", " mojega ", " mého ", " môjho ", " моего ", " мого ", " моят ", " μου ", "自我的"),
)
