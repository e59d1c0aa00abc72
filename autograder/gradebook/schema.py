"""The tables of a gradebook, and how an older file becomes one of today.

SQLite by the standard library alone: ten statements on seven tables need no mapper, and SQLAlchemy would be one more
package to trust with grades. Everything that matters about the file is done here and in ``store``: WAL (a run is read
while it is written), STRICT tables (a number never becomes a text), foreign keys, and a version with its migrations.

Points are exact decimals as text, times ISO 8601 as text, seeds text (they may be longer than 64 bits).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path

from autograder.errors import GradebookError

APPLICATION = 0x67726164  # "grad": says that a SQLite file is one of ours
VERSION = 1

_TABLES = """
-- What was handed in, by its content: equal files are kept once, whoever handed them in and however often.
CREATE TABLE file (
    hash TEXT PRIMARY KEY,           -- SHA-256 of the bytes
    size INTEGER NOT NULL,
    data BLOB NOT NULL               -- zlib
) STRICT;
CREATE TABLE submission (
    hash TEXT PRIMARY KEY            -- of the files' names and hashes, in their order
) STRICT;
CREATE TABLE submission_file (
    submission TEXT NOT NULL REFERENCES submission (hash),
    position INTEGER NOT NULL,       -- 0: the graded file
    name TEXT NOT NULL,
    file TEXT NOT NULL REFERENCES file (hash),
    PRIMARY KEY (submission, position)
) STRICT, WITHOUT ROWID;

-- What it was graded by: all that a result depends on beside the submission, part by part.
CREATE TABLE version (
    hash TEXT PRIMARY KEY,
    assignment TEXT NOT NULL,
    release TEXT NOT NULL,
    parts TEXT NOT NULL              -- JSON: name of a part -> its hash or value
) STRICT;

CREATE TABLE run (
    number INTEGER PRIMARY KEY,
    assignment TEXT NOT NULL,
    release TEXT NOT NULL,
    version TEXT NOT NULL REFERENCES version (hash),
    state TEXT NOT NULL,
    started TEXT NOT NULL,
    finished TEXT,
    submissions INTEGER NOT NULL,
    left_out TEXT NOT NULL,          -- JSON: lines
    seed TEXT NOT NULL,
    device TEXT NOT NULL,
    data TEXT NOT NULL,
    isolation TEXT NOT NULL,
    jobs INTEGER NOT NULL,
    engine TEXT NOT NULL,
    versions TEXT NOT NULL,          -- JSON
    facts_key TEXT NOT NULL,         -- by which a later run finds what this one's engine found out
    facts TEXT NOT NULL              -- JSON
) STRICT;

CREATE TABLE result (
    id INTEGER PRIMARY KEY,
    fingerprint TEXT NOT NULL,       -- of submission and version: the same would be graded the same
    version TEXT NOT NULL REFERENCES version (hash),
    submission TEXT REFERENCES submission (hash),
    status TEXT NOT NULL,
    problem TEXT,
    score TEXT,
    maximum TEXT NOT NULL,
    questions TEXT NOT NULL,         -- JSON
    seconds TEXT NOT NULL,           -- JSON
    finished TEXT NOT NULL,
    record BLOB NOT NULL             -- zlib of the bytes of results/<slug>.json
) STRICT;
CREATE INDEX result_by_fingerprint ON result (fingerprint);
CREATE TABLE test_result (
    result INTEGER NOT NULL REFERENCES result (id),
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    verdict TEXT NOT NULL,
    cause TEXT,
    PRIMARY KEY (result, position)
) STRICT, WITHOUT ROWID;

-- Who is in a run, in the order of the intake; without a result until there is one.
CREATE TABLE entry (
    run INTEGER NOT NULL REFERENCES run (number),
    position INTEGER NOT NULL,
    slug TEXT NOT NULL,
    student TEXT NOT NULL,
    identity TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    submitted TEXT,
    marked_late INTEGER NOT NULL,
    reason TEXT NOT NULL,            -- why it is graded in this run; empty: an earlier result is kept
    result INTEGER REFERENCES result (id),
    PRIMARY KEY (run, position),
    UNIQUE (run, slug)
) STRICT, WITHOUT ROWID;
CREATE INDEX entry_by_student ON entry (student, identity);
CREATE INDEX entry_by_result ON entry (result);
"""

# What turns a file of that version into one of the next; each runs within one transaction with all the others.
_MIGRATIONS: Mapping[int, Callable[[sqlite3.Connection], None]] = {}


def version_of(connection: sqlite3.Connection, path: Path) -> int:
    """The schema version of an open file, 0 of one that is still empty.

    Raises:
        GradebookError: another program's, or a later autograder's.
    """
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if application != APPLICATION:
        if connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0] or application or version:
            raise GradebookError(f"{path}: a database, but no gradebook; choose another file")
        return 0
    if version > VERSION:
        raise GradebookError(f"{path}: written by a newer autograder (schema {version}, this one knows {VERSION})")
    return version


def bring_up_to_date(connection: sqlite3.Connection, path: Path) -> None:
    """Create the tables in an empty file, or migrate an older one; all of it or, when it is stopped, nothing.

    Args:
        connection: in autocommit mode.
    """
    if version_of(connection, path) == VERSION:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = version_of(connection, path)  # again: somebody may have done it meanwhile
        if version == 0:
            for statement in _TABLES.split(";\n"):
                connection.execute(statement)
        else:
            for step in range(version, VERSION):
                _MIGRATIONS[step](connection)
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
        connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
