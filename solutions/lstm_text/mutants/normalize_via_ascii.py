"""Wrong: encodes to ASCII and drops the rest, so that words on either side of it stick together."""

CAUGHT_BY = ("test_normalize_edges", "test_normalize_other_scripts")


def normalize(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", text)
    bare = decomposed.encode("ascii", "ignore").decode().lower()
    spaced = re.sub(r"([.!?])", r" \1", bare)
    return re.sub(r"[^a-z.!?]+", " ", spaced).strip()
