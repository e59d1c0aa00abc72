"""Wrong: predicts in training mode, with dropout on."""

CAUGHT_BY = ("test_predict_is_steady",)


def predict(model: Any, texts: Sequence[str], device: str | torch.device = "cpu") -> Tensor:
    vocabulary, net = model
    net.dropout.p = 0.2
    encoded = [vocabulary.encode(normalize(text).split()) for text in texts]
    net.to(device).train()
    found = [torch.empty(0, dtype=torch.int64)]
    with torch.no_grad():
        for start in range(0, len(encoded), 256):
            found.append(_logits(net, encoded[start : start + 256], device).argmax(dim=1).cpu())
    return torch.cat(found)
