"""Pictures as inline SVG: colours come from the page's style sheet, so that they follow dark mode and print."""

from __future__ import annotations

from markupsafe import Markup, escape


def element(tag: str, *children: str | Markup, **attributes: object) -> Markup:
    """One element; texts and attributes are escaped, ``class_`` is class, ``text_anchor`` text-anchor."""
    parts = [
        f' {name.rstrip("_").replace("_", "-")}="{escape(number(value) if isinstance(value, float) else value)}"'
        for name, value in attributes.items()
        if value is not None
    ]
    inner = Markup("").join(children)
    return Markup(f"<{tag}{''.join(parts)}>{inner}</{tag}>")


def picture(
    width: float, height: float, title: str, description: str, *children: Markup, class_: str, fixed: bool = False
) -> Markup:
    """A whole picture, with what it shows in words for those who don't see it.

    Args:
        fixed: it has its own size on the page, and does not grow with it.
    """
    return element(
        "svg",
        element("title", title),
        element("desc", description),
        *children,
        class_=class_,
        width=width if fixed else None,
        viewBox=f"0 0 {number(width)} {number(height)}",
        role="img",
    )


def text(x: float, y: float, content: str, class_: str | None = None, anchor: str | None = None) -> Markup:
    """Text at a place; ``anchor`` is start, middle or end."""
    return element("text", content, x=float(x), y=float(y), class_=class_, text_anchor=anchor)


def line(x1: float, y1: float, x2: float, y2: float, class_: str) -> Markup:
    """A straight line."""
    return element("path", d=f"M{number(x1)} {number(y1)}L{number(x2)} {number(y2)}", class_=class_)


def number(value: float) -> str:
    """A coordinate, short."""
    return f"{value:.1f}".removesuffix(".0")
