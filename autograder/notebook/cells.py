"""Where something happened in a running notebook, as its reader sees it: ``In[5]``, not a file of the kernel's."""

from __future__ import annotations

import linecache
import re
import sys
import traceback
from pathlib import PurePath


def cell_of(filename: str) -> str | None:
    """The cell that the kernel compiled under a file name; None: it is no cell, or the kernel does not say."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    name_of = getattr(getattr(shell, "compile", None), "format_code_name", None)  # IPython 8 and later
    found = name_of(filename) if name_of is not None else None
    return str(found[1]) if found is not None else None


def place_of(error: BaseException) -> str:
    """The innermost line that raised: ``In[5], line 3``."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{cell_of(frame.filename) or PurePath(frame.filename).name}, line {frame.lineno}"


def with_cells(text: str) -> str:
    """A traceback's text with the names of cells in the place of the kernel's files."""
    for filename in [name for name in linecache.cache if cell_of(name) is not None]:
        text = re.sub(rf"[^\s(]*{re.escape(PurePath(filename).name)}", cell_of(filename) or "", text)
    return text
