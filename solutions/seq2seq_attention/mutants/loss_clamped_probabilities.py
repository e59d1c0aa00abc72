"""Wrong: keeps probabilities above 1e-8."""

CAUGHT_BY = ("test_loss_large_logits",)


def masked_cross_entropy(logits: Tensor, targets: Tensor, mask: Tensor) -> Tensor:
    right = torch.softmax(logits[mask], dim=-1).gather(1, targets[mask][:, None])
    return -right.clamp(min=1e-8).log().mean()
