"""How people end letters, language by language: what stands above their name. Data, in lower case.

Words of thanks are missing on purpose: they are said to somebody, and often the whole answer.
"""
# ruff: noqa: RUF001 - words of many alphabets

from typing import Final

CLOSINGS: Final = frozenset(
    phrase.strip()
    for line in """
        regards | best regards | kind regards | kindest regards | warm regards | warmest regards | with kind regards
        with best regards | with regards | many regards | best wishes | with best wishes | kind wishes | warm wishes
        sincerely | yours sincerely | sincerely yours | most sincerely | yours faithfully | faithfully yours
        yours truly | truly yours | respectfully | respectfully yours | cordially | cheers | best | all the best | rgds
        brgds | thanks and regards | thanks & regards | thanks and best regards | thanks & best regards
        thanks and kind regards | thank you and best regards | thanks with regards
        mit freundlichen grüßen | mit freundlichen grüssen | mit freundlichen gruessen | mit freundlichem gruß
        mit freundlichem gruss | freundliche grüße | freundliche grüsse | freundlicher gruß | freundlichen gruß
        mit besten grüßen | beste grüße | beste grüsse | besten gruß | viele grüße | viele grüsse | vielen gruß
        herzliche grüße | herzliche grüsse | liebe grüße | liebe grüsse | schöne grüße | sonnige grüße | lieben gruß
        grüße | grüsse | gruß | gruss | mfg | lg | vg | hochachtungsvoll | mit herzlichen grüßen | mit lieben grüßen
        cordialement | bien cordialement | très cordialement | bien à vous | bien à toi | salutations | amicalement
        meilleures salutations | sincères salutations | salutations distinguées | salutations cordiales | cdlt | cdt
        respectueusement | sincèrement | avec mes meilleures salutations | amitiés
        saludos | un saludo | saludos cordiales | cordiales saludos | un cordial saludo | cordialmente | atentamente
        muy atentamente | le saluda atentamente | atte | reciba un cordial saludo | reciban un cordial saludo
        un abrazo | cordial saludo | salutacions | salutacions cordials | atentament
        cordiali saluti | distinti saluti | saluti | saluti cordiali | un saluto | un cordiale saluto | tanti saluti
        un caro saluto | cari saluti | in fede | con i migliori saluti | i migliori saluti
        atenciosamente | cumprimentos | com os melhores cumprimentos | melhores cumprimentos | os melhores cumprimentos
        abraço | abraços | um abraço | att | saudações | com os meus cumprimentos | com cumprimentos
        met vriendelijke groet | met vriendelijke groeten | vriendelijke groet | vriendelijke groeten | groet | groeten
        groetjes | mvg | hartelijke groet | hartelijke groeten | met hartelijke groet | hoogachtend | hgr | vr gr
        pozdrawiam | z poważaniem | z powazaniem | pozdrawiam serdecznie | serdecznie pozdrawiam | pozdrowienia
        łączę pozdrowienia | z wyrazami szacunku | z pozdrowieniami | serdeczne pozdrowienia | pozdr
        med vänlig hälsning | med vänliga hälsningar | vänlig hälsning | vänliga hälsningar | hälsning | hälsningar
        bästa hälsningar | med bästa hälsningar | allt gott | vänligen | mvh
        med venlig hilsen | med venlige hilsner | venlig hilsen | venlige hilsner | hilsen | hilsner | mange hilsner
        mange hilsener | bedste hilsner | de bedste hilsner | bedste hilsener | kærlig hilsen | kh | vh | dbh
        med vennlig hilsen | vennlig hilsen | vennlige hilsener | med vennlige hilsener | beste hilsen | beste hilsener
        hilsener | med hilsen
        ystävällisin terveisin | terveisin | parhain terveisin | terveisiä | terveiset | yst. terv | terv | yt
        s pozdravem | s přátelským pozdravem | s úctou | se srdečným pozdravem | pozdravy | zdraví | přeji hezký den
        s pozdravom | s priateľským pozdravom
        srdačan pozdrav | srdačni pozdravi | s poštovanjem | sa poštovanjem | lijep pozdrav | lijepi pozdravi | pozdrav
        lep pozdrav | lepi pozdravi | lp | pozdravi | puno pozdrava | srdačno | uz pozdrav | uz srdačan pozdrav
        lepo pozdravljeni | s spoštovanjem | s prijaznimi pozdravi | с поштовањем | поздрав | срдачан поздрав
        με εκτίμηση | με φιλικούς χαιρετισμούς | φιλικά | χαιρετισμούς | χαιρετισμοί | με τιμή | θερμούς χαιρετισμούς
        φιλικούς χαιρετισμούς | ευχαριστώ και χαιρετισμούς | με σεβασμό
        с уважением | с наилучшими пожеланиями | наилучшие пожелания | всего доброго | всего хорошего | искренне ваш
        искренне ваша | с глубоким уважением | с почтением | с приветом
        з повагою | з найкращими побажаннями | щиро ваш | щиро ваша | усього найкращого
        с уважение | поздрави | сърдечни поздрави | поздрави и лек ден
        saygılarımla | saygılarımızla | saygılar | selamlar | sevgiler | iyi çalışmalar | en iyi dileklerimle
        üdvözlettel | tisztelettel | üdvözlet | üdv | szívélyes üdvözlettel
        cu stimă | cu respect | cu drag | toate cele bune | cu considerație | numai bine
        lugupidamisega | parimate soovidega | tervitades | ar cieņu | pagarbiai | su pagarba | kveðja | bestu kveðjur
        敬具 | 草々 | かしこ | 此致 | 敬礼 | 敬禮 | 祝好 | 顺颂商祺 | 順頌商祺 | 谨上 | 謹上 | 敬上
        مع خالص التحية | مع التحية | مع تحياتي | تحياتي | مع أطيب التحيات | أطيب التحيات | خالص التحيات
        בברכה | בכבוד רב | בברכה רבה | בידידות | با احترام
        trân trọng | thân mến | kính thư | ขอแสดงความนับถือ | hormat saya | salam hormat | salam
        """.splitlines()
    for phrase in line.split("|")
) - {""}
