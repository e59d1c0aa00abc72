"""Wrong: clears masked logits in place."""

CAUGHT_BY = (
    "test_loss_averages_over_the_mask",
    "test_loss_gradient",
    "test_loss_ignores_nan",
    "test_loss_large_logits",
    "test_loss_small_and_odd_batches",
)
CAUSES = ("argument changed in place",)


def masked_cross_entropy(logits: Tensor, targets: Tensor, mask: Tensor) -> Tensor:
    logits.masked_fill_(~mask[..., None], 0.0)
    return nn.functional.cross_entropy(logits[mask], targets[mask])
