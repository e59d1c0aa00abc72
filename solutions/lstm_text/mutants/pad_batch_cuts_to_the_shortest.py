"""Wrong: cut to the shortest sequence."""

CAUGHT_BY = (
    "test_pad_batch_empty_sequences",
    "test_pad_batch_values",
    "test_predict_any_texts",
    "test_predict_is_steady",
    "test_train_on_the_public_set",
    "test_train_reaches_the_bar",
    "test_train_same_seed",
)


def pad_batch(sequences: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
    lengths = torch.tensor([len(sequence) for sequence in sequences], dtype=torch.int64)
    longest = min((len(sequence) for sequence in sequences), default=0)
    tokens = torch.full((longest, len(sequences)), Vocabulary.PAD, dtype=torch.int64)
    for column, sequence in enumerate(sequences):
        tokens[:, column] = torch.tensor(sequence[:longest], dtype=torch.int64)
    return tokens, lengths
