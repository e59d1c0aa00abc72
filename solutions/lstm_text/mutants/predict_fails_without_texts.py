"""Wrong: fails without texts."""

CAUGHT_BY = ("test_predict_any_texts",)


def predict(model: Any, texts: Sequence[str], device: str | torch.device = "cpu") -> Tensor:
    vocabulary, net = model
    encoded = [vocabulary.encode(normalize(text).split()) for text in texts]
    net.to(device).eval()
    found = []
    with torch.no_grad():
        for start in range(0, len(encoded), 256):
            found.append(_logits(net, encoded[start : start + 256], device).argmax(dim=1).cpu())
    return torch.cat(found)
