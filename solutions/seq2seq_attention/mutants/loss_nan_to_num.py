"""Wrong: turns NaN into 0, but not infinities into something harmless."""

CAUGHT_BY = ("test_loss_ignores_nan",)
CAUSES = ("NaN*",)


def masked_cross_entropy(logits: Tensor, targets: Tensor, mask: Tensor) -> Tensor:
    losses = nn.functional.cross_entropy(logits.reshape(-1, logits.shape[-1]), targets.reshape(-1), reduction="none")
    return (torch.where(logits.isnan().any(-1).reshape(-1), 0.0, losses) * mask.reshape(-1)).sum() / mask.sum()
