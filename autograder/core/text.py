"""Text from a submission is data: it is cut and cleaned before anyone sees it."""

from __future__ import annotations

import unicodedata

CUT = "… (cut here) …"
_MARKS = 4  # on one letter; living languages need no more, and a pile of them covers the lines above
_BLANK = "\N{BRAILLE PATTERN BLANK}"
# Letters and marks that Unicode calls printable though nothing is printed: two names may differ in them alone.
_UNSEEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0")
# They shape their neighbours and are nothing by themselves: joiners (Persian, emoji) and variation selectors.
_DROPPED = frozenset(map(chr, (0x200C, 0x200D, *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))


def plain_text(text: str, limit: int = 2000, *, lines: int = 200) -> str:
    """``text`` without control, format, surrogate or private characters, of bounded length.

    ANSI sequences lose their escape character, bidirectional overrides and lone surrogates become U+FFFD, and no letter
    keeps more than four combining marks. When text is cut, its middle goes: the start says what happened, the end
    where. Cleaned again, the result stays the same.

    Args:
        limit: the most characters of the result; 50 or more.
        lines: the most lines of the result; 3 or more.
    """
    if len(text) > 4 * limit:  # before the loop below looks at every character
        text = f"{text[: 2 * limit]}\n{CUT}\n{text[-2 * limit :]}"
    cleaned = _cleaned(text.replace("\r\n", "\n").expandtabs(4))
    rows = cleaned.split("\n")
    if len(rows) > lines:
        head = lines * 2 // 3
        cleaned = "\n".join([*rows[:head], CUT, *rows[len(rows) - (lines - head - 1) :]])
    if len(cleaned) > limit:
        room = limit - len(CUT) - 2
        head = room * 2 // 3
        cleaned = f"{cleaned[:head]} {CUT} {cleaned[len(cleaned) - (room - head) :]}"
    return cleaned


def one_line(text: str, limit: int = 200) -> str:
    """``text`` as ``plain_text`` leaves it, on one line, its spaces single."""
    return " ".join(plain_text(text, limit).split())


def _cleaned(text: str) -> str:
    if text.isascii() and text.replace("\n", "").isprintable():
        return text
    result: list[str] = []
    marks = 0
    for character in text:
        if character in _DROPPED:
            continue
        shown = _plain(character)
        marks = marks + 1 if unicodedata.category(shown).startswith("M") else 0
        if marks <= _MARKS:
            result.append(shown)
    return "".join(result)


def _plain(character: str) -> str:
    if character == "\n" or (character.isprintable() and character not in _UNSEEN and character != _BLANK):
        return character
    is_space = character == _BLANK or unicodedata.category(character) in ("Zs", "Zl", "Zp")
    return " " if is_space else "\N{REPLACEMENT CHARACTER}"
