"""Zip archives whose bytes depend on nothing but their contents: no clock, no umask, no order of a folder.

Nothing in them is compressed: builds of zlib differ in what they make of the same bytes.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Collection, Mapping

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that zip can hold
_UNIX = 3
_FILE, _PROGRAM = 0o100644, 0o100755


def pack(files: Mapping[str, bytes], *, programs: Collection[str] = ()) -> bytes:
    """A zip archive of files.

    Args:
        files: contents by name, with ``/`` between folders.
        programs: names of those that can be executed.
    """
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system = _UNIX  # else the system that it is made on
            entry.external_attr = (_PROGRAM if name in programs else _FILE) << 16
            archive.writestr(entry, files[name])
    return stream.getvalue()


def unpack(data: bytes) -> dict[str, bytes]:
    """The files of an archive that we made, by name."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
