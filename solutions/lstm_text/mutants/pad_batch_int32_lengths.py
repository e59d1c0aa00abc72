"""Wrong: lengths are int32."""

CAUGHT_BY = ("test_pad_batch_empty_sequences", "test_pad_batch_small", "test_pad_batch_values")
CAUSES = ("wrong dtype",)


def pad_batch(sequences: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
    lengths = torch.tensor([len(sequence) for sequence in sequences], dtype=torch.int32)
    longest = max((len(sequence) for sequence in sequences), default=0)
    tokens = torch.full((longest, len(sequences)), Vocabulary.PAD, dtype=torch.int64)
    for column, sequence in enumerate(sequences):
        tokens[: len(sequence), column] = torch.tensor(sequence, dtype=torch.int64)
    return tokens, lengths
