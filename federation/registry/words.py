"""Fingerprints that two people compare by telephone: Thai words with their Latin spelling, and hexadecimal groups.

A fingerprint is the SHA-256 of what it is of. Twelve words are its first 96 bits, one byte a word; the groups are its
first 160 bits, as those of note keys (`appliance.evidence.note`). Rules:
- the list has 256 words and is never changed: a word stands for its place in it;
- no two words sound alike: by their Latin spelling without what Thai ears hear as one sound (k and kh, l and r, …),
  each differs from each other in three letters at least. A test holds that.

Pure. Does not say what is compared, nor whether it is enough.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Final, NamedTuple

WORDS: Final = 12
_BYTES: Final = 20
_LIST: Final = """
แอปเปิล aeppoen  ไอศกรีม aisakrim  อักษร akson  อำเภอ amphoe
องุ่น angun  อนุบาล anuban  อัญมณี anyamani  อธิบดี athibodi
อวกาศ awakat  อยุธยา ayutthaya  ใบชา baicha  บ้านไม้ banmai
บัตรประชาชน batprachachon  โบราณ boran  บทกวี botkawi  บุรีรัมย์ buriram
บุรุษ burut  ชายหาด chaihat  จักรยาน chakkrayan  จานชาม chancham
ช้างป่า changpa  ชาวประมง chaopramong  เช้าตรู่ chaotru  เจดีย์ chedi
เชียงใหม่ chiangmai  จิ้งหรีด chingrit  ช็อกโกแลต chokkolaet  ชมพู่ chomphu
ชนบท chonnabot  จระเข้ chorakhe  จดหมาย chotmai  เชือก chueak
ชุมพร chumphon  ดาวเทียม daothiam  เด็กหญิง dekying  ดินสอ dinso
ดอกบัว dokbua  ดนตรี dontri  ดวงจันทร์ duangchan  เอเชีย echia
เอกสาร ekkasan  ฟักทอง fakthong  ฟันปลา fanpla  ฝรั่ง farang
ฝนตก fontok  ฝูงนก fungnok  ฟุตบอล futbon  หินปูน hinpun
ฮิปโป hippo  หอยทาก hoithak  ห้องสมุด hongsamut  โหระพา horapha
หุ่นยนต์ hunyon  แกงส้ม kaengsom  แก้วน้ำ kaeonam  กาแฟ kafae
กะหล่ำปลี kalampli  กำแพง kamphaeng  กาญจนบุรี kanchanaburi  กรรไกร kankrai
กรกฎาคม karakadakhom  ขบวน khabuan  ไข่มุก khaimuk  คณิตศาสตร์ khanittasat
ขนมปัง khanompang  ข้าวเหนียว khaoniao  ข้าวโพด khaophot  เข็มทิศ khemthit
ขิงแก่ khingkae  โคมไฟ khomfai  คอมพิวเตอร์ khomphiotoe  คบเพลิง khopphloeng
เครื่องบิน khrueangbin  เครื่องดนตรี khrueangdontri
ครูใหญ่ khruyai  ขวดนม khuatnom
ความฝัน khwamfan  ขวาน khwan  กลางวัน klangwan  กล่อง klong
กล้วยไม้ kluaimai  เกาะสมุย kosamui  กระจก krachok  กระดาษ kradat
กรุงเทพ krungthep  ก๋วยเตี๋ยว kuaitiao  กุหลาบ kulap  กุมภาพันธ์ kumphaphan
กุญแจ kunchae  ลายเซ็น laisen  ลำธาร lamthan  เลขานุการ lekhanukan
ลิ้นจี่ linchi  ลิงแสม lingsamae  ลพบุรี lopburi  ลอดช่อง lotchong
ลูกช้าง lukchang  แม่ฮ่องสอน maehongson  แม่ครัว maekhrua  แมงมุม maengmum
มหาสมุทร mahasamut  มหาวิทยาลัย mahawitthayalai  ไม้ไผ่ maiphai  มกราคม makarakhom
มัคคุเทศก์ makkhuthet  มะม่วง mamuang  มะนาว manao  มังกร mangkon
มัสยิด matsayit  เมฆขาว mekkhao  เมษายน mesayon  หมอนข้าง monkhang
มรดก moradok  มดแดง motdaeng  เมืองหลวง mueangluang  มือถือ muethue
มุกดาหาร mukdahan  นักบินอวกาศ nakbinawakat  นครปฐม nakhonpathom  นักเรียน nakrian
นาฬิกา nalika  น้ำตก namtok  หนังสือ nangsue  เนคไท nekthai
งานวัด nganwat  งูเห่า nguhao  นิทาน nithan  นิ้วก้อย niukoi
นกยูง nokyung  น้องชาย nongchai  หนวดแมว nuatmaeo  เนื้อวัว nueawua
โอลิมปิก olimpik  แป้งฝุ่น paengfun  ปะการัง pakarang  ปากกา pakka
ปลัดกระทรวง palatkrasuang  ปฐมพยาบาล pathomphayaban  ปาท่องโก๋ pathongko  ปฏิทิน patithin
ปัตตานี pattani  เป็ดย่าง petyang  แผนที่ phaenthi  ผ้าห่ม phahom
ผักบุ้ง phakbung  พัทลุง phatthalung  พยาบาล phayaban  เภสัชกร phesatchakon
เพชรบูรณ์ phetchabun  พิพิธภัณฑ์ phiphitthaphan  พีระมิด phiramit  ผีเสื้อ phisuea
พิษณุโลก phitsanulok  เพลงชาติ phlengchat  ผลไม้ phonlamai  พลทหาร phonthahan
พระอาทิตย์ phraathit  พระจันทร์ phrachan  พริกไทย phrikthai  พฤกษา phruksa
พวงมาลัย phuangmalai  ภูเก็ต phuket  ผู้ว่าราชการ phuwaratchakan  ปีใหม่ pimai
ไปรษณีย์ praisani  ประตู pratu  รามเกียรติ์ rammakian  รังผึ้ง rangphueng
ราชสีห์ ratchasi  รัฐบาล ratthaban  ริบบิ้น ripbin  ร้อยเอ็ด roiet
ร่มชูชีพ romchuchip  โรงภาพยนตร์ rongphapphayon  โรงพยาบาล rongphayaban  โรงเรียน rongrian
รองเท้า rongthao  รถเมล์ rotme  เรือใบ rueabai  ฤดูหนาว ruedunao
รุ้งกินน้ำ rungkinnam  แสงแดด saengdaet  ศักราช sakkarat  ซาลาเปา salapao
สามเหลี่ยม samliam  สมุด samut  สนามบิน sanambin  สะพาน saphan
สับปะรด sapparot  สถาปนิก sathapanik  สตรอว์เบอร์รี satroboeri  ศาสนา satsana
เศรษฐกิจ setthakit  สีแดง sidaeng  สีเขียว sikhiao  ศิลาจารึก silacharuek
สิงห์บุรี singburi  สิงโต singto  ศิลปิน sinlapin  ศรีสะเกษ sisaket
ส้มตำ somtam  สงกรานต์ songkran  สวนสัตว์ suansat  เสือดาว sueadao
เสื้อกันฝน sueakanfon  สุโขทัย sukhothai  สุขภาพ sukkhaphap  ซุ้มประตู sumpratu
ศูนย์กลาง sunklang  แตงโม taengmo  ตะเกียง takiang  ตั๊กแตน takkataen
ตลาดน้ำ taladnam  ตำรวจ tamruat  เต่าทะเล taothale  แท็กซี่ thaeksi
ธรรมชาติ thammachat  ธนาคาร thanakhan  ทางด่วน thangduan  ถนน thanon
ทันตแพทย์ thantaphaet  ธันวาคม thanwakhom  ทับทิม thapthim  เทียนไข thiankhai
ทองคำ thongkham  ทองหยิบ thongyip  โทรทัศน์ thorathat  ทฤษฎี thruesadi
ถ้วยชาม thuaicham  ถั่วงอก thuangok  ทุ่งนา thungna  ทุเรียน thurian
ต้มยำกุ้ง tomyamkung  ต้นมะพร้าว tonmaphrao  ตึกสูง tueksung  ตุ๊กตา tukkata
ตุลาคม tulakhom  ตู้เย็น tuyen  อุทัย uthai  อุตสาหกรรม utsahakam
ไวโอลิน waiolin  วันอาทิตย์ wanathit  วันเกิด wankoet  วิศวกร witsawakon
วิทยาลัย witthayalai  วิทยุ witthayu  วงกลม wongklom  วัวควาย wuakhwai
วุ้นเส้น wunsen  ยางลบ yanglop  เยาวชน yaowachon  ยาสีฟัน yasifan
ยโสธร yasothon  ยอดเขา yotkhao  ยุงลาย yunglai  ยุติธรรม yuttitham
"""


class Word(NamedTuple):
    """A word as it is written in Thai, and as somebody without Thai reads it out."""

    thai: str
    latin: str


def _listed() -> tuple[Word, ...]:
    parts = _LIST.split()
    return tuple(map(Word, parts[::2], parts[1::2]))


LISTED: Final = _listed()


class Fingerprint(NamedTuple):
    """What two people read out to each other: the words, or the hexadecimal groups."""

    words: tuple[Word, ...]
    groups: str

    @property
    def thai(self) -> str:
        """The words in Thai."""
        return " ".join(word.thai for word in self.words)

    @property
    def latin(self) -> str:
        """The words in Latin letters."""
        return " ".join(word.latin for word in self.words)


def fingerprint(data: bytes) -> Fingerprint:
    """Return the fingerprint of these bytes."""
    digest = sha256(data).digest()
    digits = digest[:_BYTES].hex().upper()
    groups = " ".join(digits[at : at + 4] for at in range(0, len(digits), 4))
    return Fingerprint(tuple(LISTED[byte] for byte in digest[:WORDS]), groups)
