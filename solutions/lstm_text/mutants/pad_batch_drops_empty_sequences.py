"""Wrong: empty sequences are left out."""

CAUGHT_BY = ("test_pad_batch_empty_sequences",)


def pad_batch(sequences: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
    sequences = [sequence for sequence in sequences if sequence]
    lengths = torch.tensor([len(sequence) for sequence in sequences], dtype=torch.int64)
    longest = max((len(sequence) for sequence in sequences), default=0)
    tokens = torch.full((longest, len(sequences)), Vocabulary.PAD, dtype=torch.int64)
    for column, sequence in enumerate(sequences):
        tokens[: len(sequence), column] = torch.tensor(sequence, dtype=torch.int64)
    return tokens, lengths
