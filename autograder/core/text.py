"""Text from a submission is data: it is cut and cleaned before anyone sees it."""

from __future__ import annotations

import unicodedata

# Characters that move the cursor, colour the terminal or reorder what is read, and what stands for them.
_KEPT = {"\n", "\t"}


def plain_text(text: str, limit: int = 2000) -> str:
    """``text`` without control, format, surrogate or private characters, at most ``limit`` characters long.

    ANSI sequences lose their escape character, bidirectional overrides and lone surrogates become U+FFFD. When text is
    cut, its middle goes: the start says what happened, the end where.
    """
    if len(text) > 4 * limit:  # before the loop below looks at every character
        text = text[: 2 * limit] + text[-2 * limit :]
    cleaned = "".join(map(_plain, text.replace("\r\n", "\n").expandtabs(4)))
    if len(cleaned) <= limit:
        return cleaned
    head = limit * 2 // 3
    return f"{cleaned[:head]}\n… (cut here) …\n{cleaned[len(cleaned) - (limit - head) :]}"


def _plain(character: str) -> str:
    if character in _KEPT or character.isprintable():
        return character
    category = unicodedata.category(character)
    return " " if category in ("Zs", "Zl", "Zp") else "\N{REPLACEMENT CHARACTER}"
