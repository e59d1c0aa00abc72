"""Wrong: tokens are float32."""

CAUGHT_BY = (
    "test_pad_batch_empty_sequences",
    "test_pad_batch_small",
    "test_pad_batch_values",
    "test_predict_any_texts",
    "test_predict_is_steady",
    "test_train_on_the_public_set",
    "test_train_reaches_the_bar",
    "test_train_same_seed",
)
CAUSES = ("wrong dtype",)


def pad_batch(sequences: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
    lengths = torch.tensor([len(sequence) for sequence in sequences], dtype=torch.int64)
    longest = max((len(sequence) for sequence in sequences), default=0)
    tokens = torch.zeros(longest, len(sequences))
    for column, sequence in enumerate(sequences):
        tokens[: len(sequence), column] = torch.tensor(sequence, dtype=torch.int64)
    return tokens, lengths
