"""Wrong: spaces stay at the ends."""

CAUGHT_BY = ("test_normalize_edges", "test_normalize_other_scripts", "test_normalize_plain_text")


def normalize(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", text)
    bare = "".join(char for char in decomposed if unicodedata.category(char) != "Mn").lower()
    spaced = re.sub(r"([.!?])", r" \1", bare)
    return re.sub(r"[^a-z.!?]+", " ", spaced)
