"""Wrong: padding comes first; its own training pads otherwise."""

CAUGHT_BY = ("test_pad_batch_empty_sequences", "test_pad_batch_values")


def pad_batch(sequences: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
    lengths = torch.tensor([len(sequence) for sequence in sequences], dtype=torch.int64)
    longest = max((len(sequence) for sequence in sequences), default=0)
    tokens = torch.full((longest, len(sequences)), Vocabulary.PAD, dtype=torch.int64)
    for column, sequence in enumerate(sequences):
        tokens[longest - len(sequence) :, column] = torch.tensor(sequence, dtype=torch.int64)
    return tokens, lengths


def _logits(net: TextClassifier, encoded: Sequence[Sequence[int]], device: str | torch.device) -> Tensor:
    tensors = [torch.tensor(ids or [Vocabulary.UNK]) for ids in encoded]
    tokens, lengths = nn.utils.rnn.pad_sequence(tensors), torch.tensor([len(ids) for ids in tensors])
    return net(tokens.to(device), lengths.to(device))
