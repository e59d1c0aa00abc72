"""Wrong: averages each step, then the steps: those with few words count as much as the others."""

CAUGHT_BY = (
    "test_loss_averages_over_the_mask",
    "test_loss_gradient",
    "test_loss_ignores_nan",
    "test_loss_large_logits",
    "test_loss_small_and_odd_batches",
)


def masked_cross_entropy(logits: Tensor, targets: Tensor, mask: Tensor) -> Tensor:
    rows = zip(logits, targets, mask)
    steps = [nn.functional.cross_entropy(row[on], right[on]) for row, right, on in rows if on.any()]
    return torch.stack(steps).mean()
