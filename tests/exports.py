"""What graders download, built from the documentation and sources of the platforms; and archives that nobody makes.

Canvas: "How do I download all student submissions" and lib/content_zipper.rb. Moodle: "Assignment settings, download
all submissions" and mod/assign/locallib.php. Gradescope: "Export submissions". Otter: "Exporting notebooks".
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

GOOD = b"def double(x):\n    return x * 2\n\n\ndef halve(x):\n    return x / 2\n"
NOTEBOOK = b'{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'


def zip_of(files: Mapping[str, bytes]) -> bytes:
    """An ordinary archive."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return stream.getvalue()


def canvas_name(name: str, user: int, upload: int, file: str, *, late: bool = False) -> str:
    """As Canvas names an upload: the sortable name squashed, LATE, the ids of user and upload, the file's own name."""
    return f"{name}{'_LATE' if late else ''}_{user}_{upload}_{file}"


def moodle_name(name: str, participant: int, file: str, *, folders: bool = True, kind: str = "file") -> str:
    """As Moodle names a submitted file, with a folder for each student or without."""
    return f"{name}_{participant}_assignsubmission_{kind}_{'/' if folders else ''}{file}"


@dataclass(frozen=True)
class Graded:
    """One submission of a Gradescope export; ``history`` holds (id, time) of earlier attempts."""

    number: int
    people: Sequence[tuple[str, str, str]]  # name, sid, email
    created: str
    files: Mapping[str, bytes]
    history: Sequence[tuple[int, str]] = ()


def gradescope_export(submissions: Iterable[Graded], root: str = "assignment_4711_export/") -> dict[str, bytes]:
    """Files of the export. The YAML is as Ruby's Psych dumps it, an autograder's output included."""
    lines, files = ["---"], {}
    for each in submissions:
        lines += [f"submission_{each.number}:", "  :submitters:"]
        for name, sid, email in each.people:
            lines += [f"  - :name: {_scalar(name)}", f"    :sid: {_scalar(sid)}", f"    :email: {_scalar(email)}"]
        lines += [f"  :created_at: {each.created}", "  :score: 7.5", "  :status: processed", "  :results:"]
        lines += ["    tests:", '    - name: "test: 1"', "      output: |", "        name: forged", "        [x]"]
        lines += [f"  :history:{'' if each.history else ' []'}"]
        for number, created in each.history:
            lines += [f"  - :id: {number}", f"    :created_at: {created}", "    :score: 1.0", "    :results:"]
            lines += ["      submitters: [nobody]", "      :id: 9"]
        files.update({f"{root}submission_{each.number}/{name}": data for name, data in each.files.items()})
    return {f"{root}submission_metadata.yml": "\n".join(lines).encode() + b"\n", **files}


def _scalar(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def otter_zip(notebook: str, data: bytes = NOTEBOOK) -> bytes:
    """What ``otter.Notebook.export`` makes: the notebook, its log, and a file with the archive's own name."""
    stem = notebook.removesuffix(".ipynb")
    name = f"{stem}_2026_11_02T10_15_00_123456.zip"
    return zip_of({notebook: data, ".OTTER_LOG": b"\x80\x04", "__zip_filename__": name.encode()})


@dataclass
class RawEntry:
    """An entry of an archive in every detail; what is None is as it should be."""

    name: bytes
    data: bytes = GOOD
    method: int = 8
    flags: int = 0
    size: int | None = None
    packed: int | None = None
    checksum: int | None = None
    mode: int = 0o100644
    local_name: bytes | None = None
    offset: int | None = None  # where the directory says that it begins
    stream: bytes | None = None  # its compressed bytes

    def bytes_in_archive(self) -> bytes:
        if self.stream is not None:
            return self.stream
        if self.method == 0:
            return self.data
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        return packer.compress(self.data) + packer.flush()


@dataclass
class RawZip:
    """An archive made of records, none of which needs to be true."""

    entries: list[RawEntry] = field(default_factory=list)

    def build(self) -> bytes:
        body, directory = bytearray(), bytearray()
        for entry in self.entries:
            stream = entry.bytes_in_archive()
            checksum = zlib.crc32(entry.data) if entry.checksum is None else entry.checksum
            size = len(entry.data) if entry.size is None else entry.size
            packed = len(stream) if entry.packed is None else entry.packed
            offset = len(body) if entry.offset is None else entry.offset
            name = entry.name if entry.local_name is None else entry.local_name
            fields = (20, entry.flags, entry.method, 0, 0x5000, checksum, packed, size)
            if entry.offset is None:
                body += struct.pack("<4s5H3L2H", b"PK\x03\x04", *fields, len(name), 0) + name + stream
            directory += struct.pack(
                *("<4s6H3L5H2L", b"PK\x01\x02", 0x0314, *fields, len(entry.name)),
                *(0, 0, 0, 0, entry.mode << 16, offset),
            )
            directory += entry.name
        count = min(len(self.entries), 0xFFFF)
        end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, len(directory), len(body), 0)
        return bytes(body + directory + end)


def bomb(size: int) -> bytes:
    """A deflated stream of so many zeros."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    chunk = bytes(2**20)
    return b"".join(packer.compress(chunk) for _ in range(size // 2**20)) + packer.flush()


def put(folder: Path, files: Mapping[str, bytes]) -> Path:
    """Files on disk, as an unpacked archive."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder
