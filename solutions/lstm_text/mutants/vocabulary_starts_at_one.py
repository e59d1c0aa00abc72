"""Wrong: words start at id 1, that of UNK."""

CAUGHT_BY = (
    "test_vocabulary_empty_and_separate",
    "test_vocabulary_ids_by_count",
    "test_vocabulary_min_count",
    "test_vocabulary_pad_and_unknown",
    "test_vocabulary_ties",
)


class Vocabulary:
    PAD = 0
    UNK = 1

    def __init__(self, token_lists: Iterable[Sequence[str]], min_count: int = 1):
        counts = Counter(token for tokens in token_lists for token in tokens)
        kept = [word for word, count in counts.items() if count >= min_count]
        kept.sort(key=lambda word: (-counts[word], word))
        self._words = ["<pad>", "<unk>", *kept]
        self._ids = {word: number for number, word in enumerate(kept, start=1)}

    def __len__(self) -> int:
        return len(self._words)

    def encode(self, tokens: Sequence[str]) -> list[int]:
        return [self._ids.get(token, self.UNK) for token in tokens]

    def decode(self, ids: Sequence[int]) -> list[str]:
        return [self._words[number] for number in ids]
