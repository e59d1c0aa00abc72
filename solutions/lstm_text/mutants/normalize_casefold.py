"""Wrong: casefold turns ß into ss."""

CAUGHT_BY = ("test_normalize_other_scripts",)


def normalize(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", text)
    bare = "".join(char for char in decomposed if unicodedata.category(char) != "Mn").casefold()
    spaced = re.sub(r"([.!?])", r" \1", bare)
    return re.sub(r"[^a-z.!?]+", " ", spaced).strip()
