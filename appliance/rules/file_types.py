"""What kind of file this is: by its first bytes, by the end of its name, and what follows from it.

Rules:
- the type that a sender names counts only if the bytes agree with it. Where they do not, the file is
  `application/octet-stream`: it can be fetched, and is shown nowhere;
- what runs on somebody's machine is never taken: programs, scripts, shortcuts, disk images, Office files with macros.
  The end of the name is asked before the first byte. What can be told by its content is asked for after the last, so
  that another name hides nothing of it: programs, packages, most disk images, and text that Windows runs as it is.
  Text that is a script only for who renames it (batch, VBScript, PowerShell) looks like any text, and runs by no name
  that is taken;
- inline is shown only what cannot hold a script: pictures, sound and video of the listed types. HTML, SVG and PDF are
  not among them (pages of a PDF are pictures that the worker made).

Pure. Does not: decode anything; a file that begins like a picture may still be none.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from appliance.attachments import FileForm
from appliance.rules.media_signs import RAW, after_id3, media_sign

UNKNOWN: Final = "application/octet-stream"
SNIFF_BYTES: Final = 64 * 1024
"""How many bytes from the beginning of a file its type is told by."""

ZIP: Final = "application/zip"
OLE: Final = "application/x-ole-storage"
_OPEN_XML: Final = "application/vnd.openxmlformats-officedocument."
_OPEN_DOCUMENT: Final = "application/vnd.oasis.opendocument."
# Types that a ZIP, or an OLE file of Office before 2007, may be.
_IN_ZIP: Final = {
    "docx": f"{_OPEN_XML}wordprocessingml.document",
    "xlsx": f"{_OPEN_XML}spreadsheetml.sheet",
    "pptx": f"{_OPEN_XML}presentationml.presentation",
    "odt": f"{_OPEN_DOCUMENT}text",
    "ods": f"{_OPEN_DOCUMENT}spreadsheet",
    "odp": f"{_OPEN_DOCUMENT}presentation",
    "epub": "application/epub+zip",
    "zip": ZIP,
}
_IN_OLE: Final = {
    "doc": "application/msword",
    "xls": "application/vnd.ms-excel",
    "ppt": "application/vnd.ms-powerpoint",
    "msg": "application/vnd.ms-outlook",
}
# Types without a sign of their own: what decodes as text may be one.
_TEXTS: Final = {
    "txt": "text/plain",
    "log": "text/plain",
    "md": "text/markdown",
    "csv": "text/csv",
    "json": "application/json",
    "xml": "application/xml",
    "ics": "text/calendar",
    "vcf": "text/vcard",
    "eml": "message/rfc822",
    "svg": "image/svg+xml",
    "html": "text/html",
    "htm": "text/html",
}
EXTENSIONS: Final = {
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "gif": "image/gif",
    "webp": "image/webp",
    "heic": "image/heic",
    "heif": "image/heif",
    "avif": "image/avif",
    "tif": "image/tiff",
    "tiff": "image/tiff",
    "bmp": "image/bmp",
    "mp4": "video/mp4",
    "m4v": "video/mp4",
    "mov": "video/quicktime",
    "webm": "video/webm",
    "mkv": "video/x-matroska",
    "avi": "video/x-msvideo",
    "3gp": "video/3gpp",
    "mts": "video/mp2t",
    "m2ts": "video/mp2t",
    "ts": "video/mp2t",
    "mpg": "video/mpeg",
    "mpeg": "video/mpeg",
    "wmv": "video/x-ms-wmv",
    "wma": "audio/x-ms-wma",
    "flv": "video/x-flv",
    "m4a": "audio/mp4",
    "mp3": "audio/mpeg",
    "aac": "audio/aac",
    "ogg": "audio/ogg",
    "oga": "audio/ogg",
    "opus": "audio/ogg",
    "wav": "audio/wav",
    "flac": "audio/flac",
    "amr": "audio/amr",
    "aif": "audio/aiff",
    "aiff": "audio/aiff",
    "pdf": "application/pdf",
    "rtf": "application/rtf",
    "7z": "application/x-7z-compressed",
    "rar": "application/vnd.rar",
    "gz": "application/gzip",
    "tar": "application/x-tar",
    **_IN_ZIP,
    **_IN_OLE,
    **_TEXTS,
}
"""The type that the end of a name stands for."""

# Signs at the very beginning.
_SIGNS: Final = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"{\\rtf", "application/rtf"),
    (b"PK\x03\x04", ZIP),
    (b"PK\x05\x06", ZIP),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", OLE),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"\x1f\x8b", "application/gzip"),
    (b"OggS", "audio/ogg"),
    (b"fLaC", "audio/flac"),
    (b"#!AMR", "audio/amr"),
)
# The brand of an ISO base media file (ISO/IEC 14496-12 §4.3) says what is in it.
_BRANDS: Final = {
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"hevc": "image/heic",
    b"mif1": "image/heif",
    b"msf1": "image/heif",
    b"avif": "image/avif",
    b"avis": "image/avif",
    b"crx ": RAW,
    b"qt  ": "video/quicktime",
    b"M4A ": "audio/mp4",
    b"M4B ": "audio/mp4",
    b"3gp4": "video/3gpp",
    b"3gp5": "video/3gpp",
    b"3gp6": "video/3gpp",
}
# How a frame of sound begins: ADTS (ISO/IEC 14496-3), and MPEG of layers 2 and 3 (ISO/IEC 11172-3 §2.4.2.3).
_AUDIO_FRAMES: Final = {
    **dict.fromkeys((b"\xff\xf0", b"\xff\xf1", b"\xff\xf8", b"\xff\xf9"), "audio/aac"),
    **{
        b"\xff" + second: "audio/mpeg"
        for second in (b"\xe2", b"\xe3", b"\xf2", b"\xf3", b"\xfa", b"\xfb", b"\xfc", b"\xfd")
    },
}
_RIFF: Final = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}
# Containers that hold sound or video, or two names for one: the sender knows which.
_SAME: Final = (
    {"video/mp4", "audio/mp4", "audio/x-m4a", "video/quicktime", "video/3gpp", "audio/3gpp"},
    {"video/webm", "audio/webm", "video/x-matroska", "audio/x-matroska"},
    {"audio/ogg", "video/ogg", "audio/opus"},
    {"audio/mpeg", "audio/mp3"},
    {"audio/wav", "audio/x-wav", "audio/wave"},
    {"audio/aiff", "audio/x-aiff"},
    {"video/x-ms-asf", "video/x-ms-wmv", "audio/x-ms-wma"},
    {"video/x-msvideo", "video/avi", "video/msvideo"},
    {"audio/aac", "audio/x-aac"},
    {"image/heic", "image/heif"},
    {"application/gzip", "application/x-gzip"},
    {"application/vnd.rar", "application/x-rar-compressed"},
    {ZIP, "application/x-zip-compressed", *_IN_ZIP.values()},
    {OLE, *_IN_OLE.values()},
    {"application/rtf", "text/rtf"},
)
_PLAIN: Final = frozenset((*_TEXTS.values(), "text/xml", "text/tab-separated-values", "application/xhtml+xml"))
INLINE: Final = frozenset(
    (
        *("image/jpeg", "image/png", "image/webp", "image/gif"),
        *("video/mp4", "video/webm", "video/quicktime", "video/3gpp", "video/ogg"),
        *("audio/mp4", "audio/x-m4a", "audio/webm", "audio/ogg", "audio/opus", "audio/mpeg", "audio/mp3", "audio/aac"),
        *("audio/wav", "audio/x-wav", "audio/wave", "audio/flac", "audio/3gpp"),
    )
)
"""Types that a browser may show in place. A picture among them is shown so only where it was made here."""

_SOUND_AND_VIDEO: Final = frozenset(one for one in INLINE if not one.startswith("image/"))


class BlockedKind(StrEnum):
    """Why files of some ends of names are never taken: what they do on the machine of whoever opens them."""

    PROGRAM = "program"
    SCRIPT = "script"
    SHORTCUT = "shortcut"
    DISK_IMAGE = "disk_image"
    MACROS = "macros"
    AGENCY = "agency"
    """The agency has set it."""


def _ends(said: str) -> frozenset[str]:
    return frozenset(said.split())


BLOCKED: Final = {
    BlockedKind.PROGRAM: _ends("""
        exe com scr pif dll sys cpl drv ocx msi msp mst msix msixbundle appx appxbundle appinstaller apk xapk aab ipa
        app pkg deb rpm jar class war elf so dylib bin run out msu ppkg xbap application vsto jnlp wsb wasm
        """),
    BlockedKind.SCRIPT: _ends("""
        bat cmd ps1 psm1 psd1 ps1xml vb vbs vbe js jse mjs ws wsf wsc wsh hta sct sh bash zsh csh ksh fish command
        py pyc pyw pyz pl rb php lua tcl ahk au3 reg inf scf gadget
        msc psc1 csproj prg
        """),
    BlockedKind.SHORTCUT: _ends("""
        lnk url desktop webloc website appref-ms library-ms search-ms settingcontent-ms diagcab chm hlp theme themepack
        rdp search-connector-ms searchconnector-ms udl mht mhtml svgz grp prf one
        """),
    BlockedKind.DISK_IMAGE: _ends("iso img dmg vhd vhdx vmdk vdi qcow qcow2 ova ovf wim toast nrg mdf cue udf"),
    BlockedKind.MACROS: _ends(
        "docm dotm xlsm xltm xlam xlsb pptm potm ppam ppsm sldm xll wll ppa iqy slk accdb mde xla xlt"
    ),
}
"""Ends of names that are never taken: programs and what installs them; scripts; shortcuts and what opens by itself;
disk images; Office with macros."""
_PROGRAMS: Final = (
    b"\x7fELF",
    b"\xfe\xed\xfa\xce",
    b"\xfe\xed\xfa\xcf",
    b"\xce\xfa\xed\xfe",
    b"\xcf\xfa\xed\xfe",
    b"\xca\xfe\xba\xbe",
    b"L\0\0\0\x01\x14\x02\0",
    b"conectix",
    b"vhdxfile",
    b"QFI\xfb",
    b"KDMV",
    b"MSCF",
    b"ITSF",
    b"[InternetShortcut]",
    b"[Desktop Entry]",
    b"!<arch>\ndebian",
    b"\xed\xab\xee\xdb",
    b"MSWIM\0\0\0",
    b"\0asm",
    b"ID;PWXL",
    b"REGEDIT4",
    b"Windows Registry Editor Version",
    codecs.BOM_UTF16_LE + "Windows Registry Editor".encode("utf-16-le"),
)
# Marks that stand a fixed number of bytes from the beginning: of a CD, and of a disk of VirtualBox.
_MARKS: Final = ((32_769, b"CD001"), (64, b"\x7f\x10\xda\xbe"))
_WRITTEN: Final = (None, "text/html", "image/svg+xml")
# Pages and settings that run on Windows whatever is in them, and Word as XML or as one page with macros.
_RUNS: Final = re.compile(rb"(?i)<hta:application\b|<pcsettings\b|\bmacrospresent\s*=\s*[\"']yes|\beditdata\.mso\b")
MACRO_SIGNS: Final = (
    b"vbaproject.bin",
    "_vba_project".encode("utf-16-le"),
    *(bytes((low, 0x10, 0x0C, *bytes(5), 0xC0, *bytes(6), 0x46)).lower() for low in (0x82, 0x84, 0x86)),
)
"""What an Office file with macros holds somewhere, in small letters: the name of a part in a ZIP, of a stream in an OLE
file; and the class that an OLE file has which Windows installs (MSI, its patches and changes)."""
# What may stand before the first element of a page or a drawing. It is matched piece by piece, so that the time grows
# with the length alone: a repeated group around `.*?` would try every way of dividing the pieces.
_BEFORE_ELEMENT: Final = re.compile(rb"(?is)\s*(?:<!--.*?-->|<\?.*?\?>|<!doctype\s+svg\b[^>\[]*(?:\[[^\]]*\]\s*)?>)")
_HTML: Final = re.compile(rb"(?is)\s*<(?:!doctype\s+html|html|head|body|script|iframe)\b")
_SVG: Final = re.compile(rb"(?is)\s*<svg\b")
_BOM: Final = codecs.BOM_UTF8
_UTF_16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_NOT_IN_TEXT: Final = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def extension(name: str) -> str:
    """Return the end of a file's name in lower case, without the dot; empty where it has none."""
    _, dot, end = name.rstrip(" .").rpartition(".")
    return end.strip().lower() if dot else ""


def is_blocked_name(name: str, also: Iterable[str] = ()) -> bool:
    """Return whether a file of this name is never taken. `also`: further ends, as the agency has set them."""
    end = extension(name)
    return any(end in ends for ends in blocked_ends(also).values())


def blocked_ends(also: Iterable[str] = ()) -> dict[BlockedKind, frozenset[str]]:
    """Return every end of a name that is never taken, by kind, with those that the agency has set."""
    known = frozenset().union(*BLOCKED.values())
    return {**BLOCKED, BlockedKind.AGENCY: frozenset(more.strip(" .").lower() for more in also) - known}


def is_blocked_content(head: bytes) -> bool:
    """Return whether a file that begins so is a program, a script, a shortcut or a disk image, whatever its name."""
    # Text may begin with these two letters; in a program zeros follow.
    is_dos = head.startswith(b"MZ") and b"\0" in head[:64]
    is_script = head.removeprefix(_BOM).startswith(b"#!") and sniff(head) is None
    is_appliance = head[257:262] == b"ustar" and head[:100].rstrip(b"\0").lower().endswith(b".ovf")
    return (
        is_dos
        or is_script
        or is_appliance
        or head.removeprefix(_BOM).startswith(_PROGRAMS)
        or any(head[at : at + len(mark)] == mark for at, mark in _MARKS)
        or (sniff(head) in _WRITTEN and _RUNS.search(head) is not None)
    )


def may_hold_macros(sniffed: str | None) -> bool:
    """Return whether a file of this sniffed type is to be searched for `MACRO_SIGNS`."""
    return sniffed in (ZIP, OLE)


def sniff(head: bytes) -> str | None:
    """Return the media type that the first bytes of a file show, None where they show none."""
    for sign, found in _SIGNS:
        if head.startswith(sign):
            return found
    if head.startswith(b"ID3"):
        return after_id3(head)
    return _in_container(head) or _AUDIO_FRAMES.get(head[:2]) or media_sign(head) or _markup(head)


def _in_container(head: bytes) -> str | None:
    """Return the type of a file whose sign is not at its very beginning, or says too little by itself."""
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], "video/mp4")
    if head.startswith(b"RIFF"):
        return _RIFF.get(head[8:12])
    if head.startswith(b"\x1aE\xdf\xa3"):
        return "video/webm" if b"webm" in head[:64] else "video/x-matroska"
    if head.startswith(b"BM") and head[6:10] == bytes(4):
        return "image/bmp"
    return "application/x-tar" if head[257:262] == b"ustar" else None


def _markup(head: bytes) -> str | None:
    plain, at = head.removeprefix(_BOM), 0
    while before := _BEFORE_ELEMENT.match(plain, at):
        at = before.end()
    if _HTML.match(plain, at):
        return "text/html"
    return "image/svg+xml" if _SVG.match(plain, at) else None


def type_of(head: bytes, said: str, name: str) -> str:
    """Return the media type of a file: what its sender says, or else its name, if its first bytes agree."""
    found = sniff(head)
    candidates = (said, EXTENSIONS.get(extension(name), ""))
    if found is None:
        fitting = [one for one in candidates if one in _PLAIN and is_text(head)]
        return fitting[0] if fitting else UNKNOWN
    for one in candidates:
        if one == found or any(one in same and found in same for same in _SAME):
            return one
    if found == "image/svg+xml" and said in ("application/xml", "text/xml"):
        return found
    return UNKNOWN


def shown_inline(media_type: str, *, made_here: bool) -> bool:
    """Return whether a browser may show a file in place; `made_here`: these bytes were written by our own worker."""
    return media_type in INLINE and (made_here or media_type in _SOUND_AND_VIDEO)


def form_of(media_type: str, said: FileForm) -> FileForm:
    """Return how a file is shown: what its sender says where its type allows it, otherwise as a document."""
    kind = media_type.partition("/")[0]
    fits = {
        FileForm.PICTURE: kind == "image" and media_type != "image/svg+xml",
        FileForm.VIDEO: kind == "video",
        FileForm.SOUND: kind == "audio" or media_type in ("video/webm", "video/mp4"),
        FileForm.VOICE: kind == "audio" or media_type in ("video/webm", "video/mp4"),
        FileForm.DOCUMENT: True,
    }
    return said if fits[said] else FileForm.DOCUMENT


def is_text(head: bytes) -> bool:
    """Return whether bytes read as text: UTF-16 with its mark, UTF-8, or the Thai of older systems (TIS-620)."""
    for encoding in ("utf-16",) if head.startswith(_UTF_16) else ("utf-8", "cp874"):
        try:
            # The head may end inside a character.
            text = codecs.getincrementaldecoder(encoding)().decode(head, final=len(head) < SNIFF_BYTES)
        except UnicodeDecodeError:
            continue
        return _NOT_IN_TEXT.search(text) is None
    return False
