"""Whole pages: each is one file that needs nothing else and is allowed to fetch nothing.

Every text is escaped where it is put into a page; what is markup says so by its type (``Markup``). The page's own
style and script are allowed by their hashes, so that markup that slipped through could neither run nor load anything.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

GENERATOR = "autograder report"  # by which pages of ours are told from others'
_ASSETS = Path(__file__).resolve().parent / "templates"


def render(template: str, *, styles: tuple[str, ...], script: str | None = None, **values: Any) -> str:
    """A page.

    Args:
        template: file name in templates/.
        styles: names of style sheets there, in order.
        script: name of a script there, or None.
        values: what the template shows.
    """
    style = "\n".join(_asset(name) for name in styles)
    code = _asset(script) if script else ""
    return (
        _environment()
        .get_template(template)
        .render(**values, style=Markup(style), script=Markup(code), policy=_policy(style, code), generator=GENERATOR)
    )


def is_our_page(path: Path) -> bool:
    """Whether a file is a page that this module made, so that it may be replaced or removed."""
    try:
        with path.open("rb") as stream:
            return f'name="generator" content="{GENERATOR}"'.encode() in stream.read(1000)
    except OSError:
        return False


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_ASSETS),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


@cache
def _asset(name: str) -> str:
    return (_ASSETS / name).read_text(encoding="utf-8")


@cache
def _policy(style: str, script: str) -> str:
    """What the page may do: use its own style and script, and nothing else."""
    parts = ["default-src 'none'", f"style-src '{_hash(style)}'", "base-uri 'none'", "form-action 'none'"]
    if script:
        parts.append(f"script-src '{_hash(script)}'")
    return "; ".join(parts)


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
