"""Wrong: no decomposition: an accented letter becomes a space."""

CAUGHT_BY = ("test_normalize_accents", "test_normalize_other_scripts")


def normalize(text: str) -> str:
    decomposed = text
    bare = "".join(char for char in decomposed if unicodedata.category(char) != "Mn").lower()
    spaced = re.sub(r"([.!?])", r" \1", bare)
    return re.sub(r"[^a-z.!?]+", " ", spaced).strip()
