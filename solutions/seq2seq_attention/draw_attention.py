"""Draws the attention of the solution, trained on the game in English and German, for the handout.

Run it after a change of the solution, from anywhere: ``python solutions/seq2seq_attention/draw_attention.py``. It
writes ``attention.svg`` beside the handout; the same solution makes the same picture, up to rounding.
"""

import random
import sys
from pathlib import Path

import torch
from markupsafe import Markup

HERE = Path(__file__).resolve().parent
COURSE = HERE.parent.parent
sys.path[:0] = [str(HERE), str(COURSE)]

import seq2seq_attention as solution  # noqa: E402

from autograder.report.svg import element  # noqa: E402

ENGLISH = (
    *("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen"),
)
GERMAN = (
    *("eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun", "zehn", "elf", "zwölf"),
    *("dreizehn", "vierzehn", "fünfzehn", "sechzehn"),
)
ASKED = ["three", "one", "four", "fifteen", "nine", "two", "six", "five"]
CELL, LEFT, TOP, EDGE = 34, 84, 82, 12  # pixels


def game(count, seed):
    """Pairs of numbers in English and, backwards, in German; ``ASKED`` is none of them."""
    rng, pairs = random.Random(seed), []
    while len(pairs) < count:
        chosen = rng.sample(range(len(ENGLISH)), rng.randint(7, 12))
        message = [ENGLISH[i] for i in chosen]
        if message != ASKED:
            pairs.append((message, [GERMAN[i] for i in reversed(chosen)]))
    return pairs


def attention(model, message):
    """What the decoder says to a message, and at each step the weights of its words: (steps, T)."""
    words, net = model
    tokens, lengths = solution.pad_columns([words.encode(message)])
    outputs, hidden = net["encoder"](tokens, lengths)
    said, rows, token = [], [], torch.tensor([solution.SOS])
    while token.item() != solution.EOS and len(said) < 20:
        logits, hidden, weights = net["decoder"](token, hidden, outputs, lengths)
        token = logits.argmax(dim=1)
        said.append(words.words[token.item()])
        rows.append(weights[0])
    return said, torch.stack(rows)


def label(x, y, content, anchor, turned=False):
    """A word at the edge of the map."""
    transform = f"rotate(-45 {x} {y})" if turned else None
    return element("text", content, x=x, y=y, text_anchor=anchor, transform=transform)


def heat_map(columns, rows, weights):
    """The picture: dark where a weight is large; the number stands where it is 0.1 or more."""
    width, height = LEFT + CELL * len(columns) + 5 * EDGE, TOP + CELL * len(rows) + EDGE
    parts = [element("rect", width="100%", height="100%", fill="#ffffff")]
    parts += [label(LEFT + CELL * (i + 0.5), TOP - 8, word, "start", turned=True) for i, word in enumerate(columns)]
    for r, (word, row) in enumerate(zip(rows, weights.tolist(), strict=True)):
        parts.append(label(LEFT - 8, TOP + CELL * (r + 0.5) + 4, word, "end"))
        for c, weight in enumerate(row):
            x, y = LEFT + CELL * c, TOP + CELL * r
            parts.append(
                element("rect", x=x, y=y, width=CELL - 1, height=CELL - 1, fill="#1f4e8c", fill_opacity=f"{weight:.2f}")
            )
            if weight >= 0.1:
                place = {"x": x + (CELL - 1) / 2, "y": y + CELL / 2 + 4, "text_anchor": "middle"}
                ink = "#ffffff" if weight > 0.5 else "#222222"
                parts.append(element("text", f"{weight:.1f}".lstrip("0"), **place, font_size="10", fill=ink))
    return element(
        "svg",
        element("title", "Attention of the trained solution"),
        element("desc", f"Each row is a word that is said: {' '.join(rows)}. Each column is a word that was read."),
        Markup("").join(parts),
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {width} {height}",
        width=str(width),
        font_family="sans-serif",
        font_size="12",
        role="img",
    )


def main():
    """Train, reply, draw."""
    torch.set_num_threads(1)
    model = solution.train(game(1500, seed=1), epochs=10, teacher_forcing=1.0, seed=1)
    model[1].eval()
    with torch.no_grad():
        said, weights = attention(model, ASKED)
    shown = ["(end)" if word == "<eos>" else word for word in said]
    path = COURSE / "assignments" / "seq2seq_attention" / "attention.svg"
    path.write_text(heat_map([*ASKED, "(end)"], shown, weights) + "\n", encoding="utf-8")
    print(f"{' '.join(ASKED)}\n{' '.join(shown)}\n{path}")


if __name__ == "__main__":
    main()
