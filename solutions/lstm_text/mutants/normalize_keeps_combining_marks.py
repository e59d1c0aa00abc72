"""Wrong: combining marks stay, and become spaces."""

CAUGHT_BY = ("test_normalize_accents", "test_normalize_other_scripts")


def normalize(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", text)
    bare = decomposed.lower()
    spaced = re.sub(r"([.!?])", r" \1", bare)
    return re.sub(r"[^a-z.!?]+", " ", spaced).strip()
