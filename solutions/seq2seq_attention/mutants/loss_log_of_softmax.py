"""Wrong: takes the logarithm of a softmax that has become 0."""

CAUGHT_BY = ("test_loss_large_logits",)
CAUSES = ("infinite*",)


def masked_cross_entropy(logits: Tensor, targets: Tensor, mask: Tensor) -> Tensor:
    right = torch.softmax(logits[mask], dim=-1).gather(1, targets[mask][:, None])
    return -right.log().mean()
