"""Wrong: returns int32."""

CAUGHT_BY = (
    "test_predict_any_texts",
    "test_predict_is_steady",
    "test_train_on_the_public_set",
    "test_train_reaches_the_bar",
    "test_train_same_seed",
)
CAUSES = ("wrong dtype",)


def predict(model: Any, texts: Sequence[str], device: str | torch.device = "cpu") -> Tensor:
    vocabulary, net = model
    encoded = [vocabulary.encode(normalize(text).split()) for text in texts]
    net.to(device).eval()
    found = [torch.empty(0, dtype=torch.int64)]
    with torch.no_grad():
        for start in range(0, len(encoded), 256):
            found.append(_logits(net, encoded[start : start + 256], device).argmax(dim=1).cpu())
    return torch.cat(found).int()
