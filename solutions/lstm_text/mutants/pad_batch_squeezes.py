"""Wrong: a batch of one loses a dimension."""

CAUGHT_BY = ("test_pad_batch_small", "test_predict_any_texts", "test_predict_is_steady")
CAUSES = ("a dimension of size 1 is lost or misplaced",)


def pad_batch(sequences: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
    lengths = torch.tensor([len(sequence) for sequence in sequences], dtype=torch.int64)
    longest = max((len(sequence) for sequence in sequences), default=0)
    tokens = torch.full((longest, len(sequences)), Vocabulary.PAD, dtype=torch.int64)
    for column, sequence in enumerate(sequences):
        tokens[: len(sequence), column] = torch.tensor(sequence, dtype=torch.int64)
    return tokens.squeeze(), lengths
