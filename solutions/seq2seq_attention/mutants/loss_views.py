"""Wrong: asks for contiguous logits."""

CAUGHT_BY = ("test_loss_small_and_odd_batches",)


def masked_cross_entropy(logits: Tensor, targets: Tensor, mask: Tensor) -> Tensor:
    flat = mask.reshape(-1)
    return nn.functional.cross_entropy(logits.view(-1, logits.shape[-1])[flat], targets.reshape(-1)[flat])
