"""What a calibration ran on, in words: no names of hosts, no paths."""

from __future__ import annotations

import os
import platform
import subprocess
from pathlib import Path


def machine(device: str) -> str:
    """Processor, cores, and for "cuda" the GPU."""
    parts = [_processor(), f"{os.cpu_count()} cores"]
    return ", ".join([*parts, _gpu()] if device == "cuda" else parts)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _gpu() -> str:
    """The first GPU; this process must not start CUDA to ask."""
    command = ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"]
    try:
        shown = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return "a GPU"
    return shown.splitlines()[0].strip() if shown.strip() else "a GPU"
