"""What a worker may use, with the defaults that assignment.toml and marks override."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Limits of one worker.

    Attributes:
        seconds: wall clock for one probe, and for the import of the submission.
        submission_seconds: wall clock that all probes of one submission may take together.
        memory_mb: private memory (MiB) that a worker may add to what it starts with.
        output_kb: printed text (KiB) that one probe may produce.
        file_mb: size (MiB) of any file that the submission writes.
        open_files: number of descriptors.
        processes: number of processes of the worker's user (counts only where the worker has an own user id).
        threads: that torch computes with; more than one makes results depend on how work is split.
    """

    seconds: float = 10.0
    submission_seconds: float = 120.0
    memory_mb: int = 4096
    output_kb: int = 256
    file_mb: int = 64
    open_files: int = 64
    processes: int = 64
    threads: int = 1
