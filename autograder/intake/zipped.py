"""Zip archives from strangers, read entry by entry; for use in a locked child.

The standard library's ``zipfile`` builds the whole directory before it gives out anything, and gives up on the whole
archive for one name that is no UTF-8. Here an entry that is not as it must be costs itself: every entry says what is
wrong with it, and content is measured by the bytes that come out, not by what headers promise.

The format: PKWARE's APPNOTE.TXT, 4.3 (records), 4.4 (fields) and 4.5.3 (ZIP64).
"""

from __future__ import annotations

import bisect
import stat
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

_END = struct.Struct("<4s4H2LH")
_LOCATOR64_SIZE = 20
_END64 = struct.Struct("<4sQ2H2L4Q")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_LONG_COMMENT = 0xFFFF
_MOST_DIRECTORY = 64 * 2**20  # bytes
_FULL = 0xFFFFFFFF  # "see the ZIP64 field"
_CHUNK = 2**18
_STORED, _DEFLATED = 0, 8
_METHODS = {1: "shrink", 6: "implode", 9: "Deflate64", 12: "bzip2", 14: "LZMA", 93: "Zstandard", 95: "xz", 98: "PPMd"}
_ENCRYPTED = 0b10000001000001  # by password, strongly, or the directory as well
_LONGEST_NAME = 1200  # as told on; what is longer is refused anyway


class ZipError(Exception):
    """An archive or an entry that is not read; the text completes "it is …"."""


@dataclass(frozen=True)
class ZipEntry:
    """A line of the archive's directory.

    Attributes:
        name: as it stands there.
        size: in bytes, unpacked, as is claimed.
        folder: it is one.
        problem: why it is not read, in words that complete "it is …", or None.
        start, packed: where its data lies, and how many bytes of it.
    """

    name: str
    size: int
    folder: bool
    problem: str | None
    start: int
    packed: int
    method: int
    checksum: int


class ZipReader:
    """An open archive.

    Args:
        stream: seekable; the end of the archive's directory is near its end.

    Raises:
        ZipError: it is no zip archive, or its directory is too large.
    """

    def __init__(self, stream: BinaryIO):
        self._stream = stream
        offset, size, end = _directory(stream)
        if size > _MOST_DIRECTORY:
            raise ZipError("an archive with far too many entries")
        self._shift = end - size - offset  # bytes that stand before the archive
        if self._shift < 0:
            raise ZipError("a zip archive that is cut off or damaged")
        self._data_end = offset + self._shift
        stream.seek(self._data_end)
        self._table = stream.read(size)

    def entries(self) -> Iterator[ZipEntry]:
        """All entries, in the order of the directory.

        Raises:
            ZipError: the directory is damaged.
        """
        position, taken = 0, _Extents()
        while position < len(self._table):
            if len(self._table) - position < _CENTRAL.size:
                raise ZipError("a zip archive with a damaged directory")
            fields = _CENTRAL.unpack_from(self._table, position)
            if fields[0] != b"PK\x01\x02":
                raise ZipError("a zip archive with a damaged directory")
            name_end = position + _CENTRAL.size + fields[10]
            raw = self._table[position + _CENTRAL.size : name_end]
            extra = self._table[name_end : name_end + fields[11]]
            position = name_end + fields[11] + fields[12]
            yield self._entry(fields, raw, extra, taken)

    def content(self, entry: ZipEntry) -> Iterator[bytes]:
        """An entry's bytes, in pieces; never more than it claims to have.

        Raises:
            ZipError: it is not what its headers say; what came before is worth nothing then.
        """
        produced = checksum = 0
        for piece in self._unpacked(entry):
            produced += len(piece)
            if produced > entry.size:
                raise ZipError("larger than its header says")
            checksum = zlib.crc32(piece, checksum)
            yield piece
        if produced != entry.size:
            raise ZipError("smaller than its header says")
        if checksum != entry.checksum:
            raise ZipError("damaged: its checksum is wrong")

    def _entry(self, fields: tuple[int, ...], raw: bytes, extra: bytes, taken: _Extents) -> ZipEntry:
        flags, method, checksum, packed, size = *fields[3:5], *fields[7:10]
        attributes, offset = fields[15:17]
        size, packed, offset = _wide(extra, size, packed, offset)
        name = _decoded(raw)
        kind = stat.S_IFMT(attributes >> 16)
        folder = name.endswith(("/", "\\")) or kind == stat.S_IFDIR
        start, problem = 0, _refused(flags, method, kind, folder=folder)
        if problem is None and not folder:
            try:
                start = self._start(offset + self._shift, raw, method)
                taken.add(offset + self._shift, start + packed)
                if start + packed > self._data_end:
                    raise ZipError("cut off")
            except ZipError as error:
                problem = str(error)
        return ZipEntry(name[:_LONGEST_NAME], size, folder, problem, start, packed, method, checksum)

    def _start(self, offset: int, raw: bytes, method: int) -> int:
        """Where the data of an entry begins; its own header must say the same as the directory."""
        if offset + _LOCAL.size > self._data_end:
            raise ZipError("cut off")
        self._stream.seek(offset)
        header = self._stream.read(_LOCAL.size + len(raw))
        if len(header) < _LOCAL.size + len(raw):
            raise ZipError("cut off")
        fields = _LOCAL.unpack_from(header)
        if fields[0] != b"PK\x03\x04" or fields[3] != method:
            raise ZipError("damaged: its header is not the directory's")
        if fields[9] != len(raw) or header[_LOCAL.size :] != raw:
            raise ZipError("known by two names")
        return offset + _LOCAL.size + int(fields[9]) + int(fields[10])

    def _unpacked(self, entry: ZipEntry) -> Iterator[bytes]:
        self._stream.seek(entry.start)
        remaining = entry.packed
        unpacker = zlib.decompressobj(-zlib.MAX_WBITS) if entry.method == _DEFLATED else None
        waiting = b""
        while remaining if unpacker is None else not unpacker.eof:
            fresh = b"" if waiting else self._stream.read(min(_CHUNK, remaining))
            remaining -= len(fresh)
            if unpacker is None:
                piece = fresh
            else:
                try:
                    piece = unpacker.decompress(waiting or fresh, _CHUNK)
                except zlib.error:
                    raise ZipError("damaged: it can't be unpacked") from None
                waiting = unpacker.unconsumed_tail
            if not (piece or fresh or waiting):
                raise ZipError("cut off")
            yield piece


class _Extents:
    """Where data lies that was given out already: entries that share it are how a small archive becomes a huge one."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []

    def add(self, start: int, end: int) -> None:
        at = bisect.bisect_right(self._starts, start)
        if (at and self._ends[at - 1] > start) or (at < len(self._starts) and self._starts[at] < end):
            raise ZipError("laid over another entry")
        self._starts.insert(at, start)
        self._ends.insert(at, end)


def _directory(stream: BinaryIO) -> tuple[int, int, int]:
    """Offset and size of the directory as the archive's end says, and where the directory really ends."""
    length = stream.seek(0, 2)
    tail_start = max(0, length - _END.size - _LONG_COMMENT)
    stream.seek(tail_start)
    tail = stream.read()
    at = tail.rfind(b"PK\x05\x06")
    while at >= 0 and not _ends_here(tail, at):
        at = tail.rfind(b"PK\x05\x06", 0, at)
    if at < 0:
        raise ZipError("no zip archive, or cut off")
    size, offset = _END.unpack_from(tail, at)[5:7]
    end = tail_start + at
    return _directory64(stream, end) or (offset, size, end)


def _directory64(stream: BinaryIO, end: int) -> tuple[int, int, int] | None:
    """The same from the ZIP64 records, which stand before the archive's end where there are any."""
    start = end - _LOCATOR64_SIZE - _END64.size
    if start < 0:
        return None
    stream.seek(start)
    fields = _END64.unpack(stream.read(_END64.size))
    if stream.read(4) != b"PK\x06\x07" or fields[0] != b"PK\x06\x06":
        return None
    return fields[9], fields[8], start


def _ends_here(tail: bytes, at: int) -> bool:
    return len(tail) - at >= _END.size and at + _END.size + int(_END.unpack_from(tail, at)[7]) == len(tail)


def _decoded(raw: bytes) -> str:
    """A name: UTF-8, whether its flag says so or not (macOS sets none), else the format's old code page."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("cp437")


def _refused(flags: int, method: int, kind: int, *, folder: bool) -> str | None:
    if kind == stat.S_IFLNK:
        return "a link; links are not followed"
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "not a regular file"
    if flags & _ENCRYPTED and not folder:
        return "encrypted; hand it in without a password"
    if method not in (_STORED, _DEFLATED) and not folder:
        return f"compressed by {_METHODS.get(method, f'method {method}')}; zip it the ordinary way"
    return None


def _wide(extra: bytes, *values: int) -> list[int]:
    """Sizes and offset, those that don't fit in 32 bits from the ZIP64 field."""
    position, wide = 0, b""
    while position + 4 <= len(extra):
        kind, size = struct.unpack_from("<2H", extra, position)
        if kind == 1:
            wide = extra[position + 4 : position + 4 + size]
        position += 4 + size
    found = []
    for value in values:
        if value == _FULL and len(wide) >= 8:
            value, wide = int.from_bytes(wide[:8], "little"), wide[8:]
        found.append(value)
    return found
