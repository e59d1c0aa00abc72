"""Wrong: max() of no lengths."""

CAUGHT_BY = ("test_pad_batch_empty_sequences",)


def pad_batch(sequences: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
    lengths = torch.tensor([len(sequence) for sequence in sequences], dtype=torch.int64)
    longest = max((len(sequence) for sequence in sequences))
    tokens = torch.full((longest, len(sequences)), Vocabulary.PAD, dtype=torch.int64)
    for column, sequence in enumerate(sequences):
        tokens[: len(sequence), column] = torch.tensor(sequence, dtype=torch.int64)
    return tokens, lengths
