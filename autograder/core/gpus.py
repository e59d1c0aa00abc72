"""What the GPU has room for, asked without starting CUDA in this process."""

from __future__ import annotations

import os
import subprocess

_SECONDS = 20.0
_CONTEXT_MB = 700  # what CUDA and its libraries take in each process, beside the tensors


def free_memory_mb() -> int | None:
    """Free memory (MiB) of the GPU that workers will use, the first that is visible; None where nobody knows."""
    command = ["nvidia-smi", "--query-gpu=memory.free", "--format=csv,noheader,nounits"]
    visible = os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",")[0].strip()
    if visible:
        command += ["-i", visible]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=True)
        return int(done.stdout.split()[0])
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return None


def jobs_that_fit(wanted: int, memory_mb: int) -> int:
    """How many workers fit on the GPU at a time, ``wanted`` at most and one at least.

    Args:
        memory_mb: what each may use for tensors (MiB).
    """
    free = free_memory_mb()
    return wanted if free is None else max(1, min(wanted, free // (memory_mb + _CONTEXT_MB)))
