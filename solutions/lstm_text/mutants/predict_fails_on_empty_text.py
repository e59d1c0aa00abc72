"""Wrong: an empty string has length 0, which packing refuses."""

CAUGHT_BY = ("test_predict_any_texts",)


def _logits(net: TextClassifier, encoded: Sequence[Sequence[int]], device: str | torch.device) -> Tensor:
    tokens, lengths = pad_batch(encoded)
    return net(tokens.to(device), lengths.to(device))
