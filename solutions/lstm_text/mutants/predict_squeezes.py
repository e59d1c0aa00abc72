"""Wrong: one text gives a number without a dimension."""

CAUGHT_BY = ("test_predict_any_texts", "test_predict_is_steady")
CAUSES = ("a dimension of size 1 is lost or misplaced",)


def predict(model: Any, texts: Sequence[str], device: str | torch.device = "cpu") -> Tensor:
    vocabulary, net = model
    encoded = [vocabulary.encode(normalize(text).split()) for text in texts]
    net.to(device).eval()
    found = [torch.empty(0, dtype=torch.int64)]
    with torch.no_grad():
        for start in range(0, len(encoded), 256):
            found.append(_logits(net, encoded[start : start + 256], device).argmax(dim=1).cpu())
    return torch.cat(found).squeeze()
