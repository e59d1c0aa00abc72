"""What a worker may use, with the defaults that assignment.toml and marks override."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Limits of one worker.

    Attributes:
        seconds: wall clock for one probe, and for the import of the submission.
        submission_seconds: wall clock that all probes of one submission may take together.
        memory_mb: private memory (MiB) that a worker may add to what it starts with; with ``processes``, each of them.
        output_kb: printed text (KiB) that one probe may produce.
        file_mb: size (MiB) of any file that the submission writes.
        scratch_mb: size (MiB) of all its files together, where the scratch folder can be limited.
        open_files: number of descriptors.
        tasks: number of threads and processes together.
        processes: it may start processes (multiprocessing, DataLoader workers); False: threads only.
        threads: that torch computes with; more than one makes results depend on how work is split.
        gpu_memory_mb: memory (MiB) on the GPU.
    """

    seconds: float = 10.0
    submission_seconds: float = 120.0
    memory_mb: int = 4096
    output_kb: int = 256
    file_mb: int = 64
    scratch_mb: int = 256
    open_files: int = 64
    tasks: int = 64
    processes: bool = False
    threads: int = 1
    gpu_memory_mb: int = 4096
