"""Wrong: multiplies by the mask: 0 times NaN is NaN."""

CAUGHT_BY = ("test_loss_ignores_nan",)
CAUSES = ("NaN*",)


def masked_cross_entropy(logits: Tensor, targets: Tensor, mask: Tensor) -> Tensor:
    flat = logits.reshape(-1, logits.shape[-1])
    losses = nn.functional.cross_entropy(flat, targets.reshape(-1), reduction="none").reshape(mask.shape)
    return (losses * mask).sum() / mask.sum()
