"""Whether the parts of a ZIP are all of its bytes: what its list does not name would be looked at by nobody.

Programs find the members of a ZIP in different ways: by the list at its end, by another list before it, or from the
first byte on. So they see the same members only where these lie one behind the other from the first byte to the list,
and where nothing is behind the end but its comment. A member is its header, its packed bytes, and a data descriptor or
none. Names, extra fields and comments may hold no archive. Sections are those of APPNOTE.TXT.
"""

from __future__ import annotations

import zipfile
from itertools import pairwise
from struct import Struct
from typing import IO, Final

from appliance.preview.signs import finds_archive
from appliance.preview.zips import begins_at, read_at

_DESCRIPTORS: Final = (Struct("<III"), Struct("<IQQ"))  # 4.3.9: CRC, sizes packed and unpacked; the second for zip64
_DESCRIPTOR: Final = b"PK\x07\x08"
_LONGEST: Final = 24
"""Bytes of a data descriptor with its signature, which it may lack."""
_ENTRY: Final = Struct("<4s24xHHH12x")  # 4.3.12: signature, lengths of name, extra field and comment
_END_64: Final = Struct("<4sQ4xIIQQQQ")  # 4.3.14: signature, bytes behind it, disks, counts, size and start of the list
_LOCATOR: Final = Struct("<4sIQ4x")  # 4.3.15: signature, disk, where the record before it is
_END: Final = Struct("<4sHHHHIIH")  # 4.3.16: the same as 4.3.14, and the length of the comment
_LONGEST_COMMENT: Final = 0xFFFF
_SEE_64: Final = (0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF)
"""What stands in the end of a ZIP where the value is in the record for zip64."""


def is_whole(file: IO[bytes], archive: zipfile.ZipFile) -> bool:
    """Return whether every byte belongs to a member that the list names, to the list, or to its end. Raises Crooked."""
    infos = sorted(archive.infolist(), key=lambda info: info.header_offset)
    starts = [*(info.header_offset for info in infos), archive.start_dir]
    members = zip(infos, pairwise(starts), strict=True)
    return (
        starts[0] == 0
        and all(_reaches(file, info, start, following) for info, (start, following) in members)
        and _ends(file, archive.start_dir, len(infos))
    )


def _reaches(file: IO[bytes], info: zipfile.ZipInfo, start: int, following: int) -> bool:
    """Return whether a member ends where the next one, or the list, begins."""
    packed = begins_at(file, info)
    end = packed + info.compress_size
    if not 0 <= following - end <= _LONGEST or finds_archive(read_at(file, start + 4, packed - start - 4)):
        return False
    return read_at(file, end, following - end) in _descriptors(info)


def _descriptors(info: zipfile.ZipInfo) -> set[bytes]:
    sizes = (info.CRC, info.compress_size, info.file_size)
    narrow, wide = _DESCRIPTORS
    made = {wide.pack(*sizes)}
    if max(sizes) <= _SEE_64[-1]:
        made.add(narrow.pack(*sizes))
    return {b"", *made, *(_DESCRIPTOR + one for one in made)}


def _ends(file: IO[bytes], start: int, count: int) -> bool:
    """Return whether the list, its end and the comment are all that is left of a file from `start` on."""
    at = start
    for _ in range(count):
        sign, *lengths = _ENTRY.unpack(read_at(file, at, _ENTRY.size))
        if sign != b"PK\x01\x02" or finds_archive(read_at(file, at + _ENTRY.size, sum(lengths))):
            return False
        at += _ENTRY.size + sum(lengths)
    of_list = (count, count, at - start, start)
    file.seek(at)
    rest = file.read(_END_64.size + _LOCATOR.size + _END.size + _LONGEST_COMMENT + 1)
    if rest.startswith(b"PK\x06\x06"):
        if not _is_end_64(rest, at, of_list):
            return False
        rest = rest[_END_64.size + _LOCATOR.size :]
    return _is_end(rest, of_list)


def _is_end_64(rest: bytes, at: int, of_list: tuple[int, ...]) -> bool:
    if len(rest) < _END_64.size + _LOCATOR.size:
        return False
    _, follow, *says = _END_64.unpack_from(rest)
    locator = _LOCATOR.unpack_from(rest, _END_64.size)
    return follow == _END_64.size - 12 and (*says,) == (0, 0, *of_list) and locator == (b"PK\x06\x07", 0, at)


def _is_end(rest: bytes, of_list: tuple[int, ...]) -> bool:
    if len(rest) < _END.size:
        return False
    sign, disk, disk_of_list, *says, comment = _END.unpack_from(rest)
    return (
        (sign, disk, disk_of_list, comment) == (b"PK\x05\x06", 0, 0, len(rest) - _END.size)
        and all(said in (is_so, see_64) for said, is_so, see_64 in zip(says, of_list, _SEE_64, strict=True))
        and not finds_archive(rest[_END.size :])
    )
