"""Wrong: predicts the first 256 texts and guesses the rest."""

CAUGHT_BY = ("test_train_on_the_public_set", "test_train_reaches_the_bar")


def predict(model: Any, texts: Sequence[str], device: str | torch.device = "cpu") -> Tensor:
    vocabulary, net = model
    encoded = [vocabulary.encode(normalize(text).split()) for text in texts]
    net.to(device).eval()
    found = [torch.empty(0, dtype=torch.int64)]
    with torch.no_grad():
        for start in range(0, len(encoded), 256):
            if start:
                found.append(torch.zeros(len(encoded[start : start + 256]), dtype=torch.int64))
                continue
            found.append(_logits(net, encoded[start : start + 256], device).argmax(dim=1).cpu())
    return torch.cat(found)
