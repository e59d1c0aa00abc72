"""Wrong: averages over the padding, too."""

CAUGHT_BY = (
    "test_loss_averages_over_the_mask",
    "test_loss_gradient",
    "test_loss_ignores_nan",
    "test_loss_large_logits",
    "test_loss_small_and_odd_batches",
)
CAUSES = ("NaN*",)


def masked_cross_entropy(logits: Tensor, targets: Tensor, mask: Tensor) -> Tensor:
    return nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())
