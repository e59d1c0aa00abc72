"""The data sets of the course: digits and texts, read, verified and split alike for judges and students.

Importing this costs nothing: each set is read when it is asked for. Never used inside a probe; data crosses to the
submission as arguments.
"""

from autograder.data.catalogue import (
    available,
    describe,
    load,
    load_images,
    load_text,
    names,
    offline_choice,
    resolve,
    why_not,
)
from autograder.data.records import Images, Texts, split

__all__ = [
    "Images",
    "Texts",
    "available",
    "describe",
    "load",
    "load_images",
    "load_text",
    "names",
    "offline_choice",
    "resolve",
    "split",
    "why_not",
]
