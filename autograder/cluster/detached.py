"""Preloaded by nodes on this machine: they leave the terminal's process group; Ctrl-C reaches the command alone.

The command then ends them in order; should it be killed, Dask's own watch on the parent ends them.
"""

from __future__ import annotations

import contextlib
import os


def dask_setup(worker: object) -> None:
    """Called by Dask in a node's process before it takes work."""
    with contextlib.suppress(PermissionError):  # it leads a group already
        os.setsid()
