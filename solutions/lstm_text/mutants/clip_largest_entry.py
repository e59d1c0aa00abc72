"""Wrong: the largest entry for a norm."""

CAUGHT_BY = (
    "test_clip_gradients_edges",
    "test_clip_gradients_generator_and_missing",
    "test_clip_gradients_keeps_small_ones",
    "test_clip_gradients_scales",
)


def clip_gradients(parameters: Iterable[Tensor], max_norm: float) -> float:
    grads = [parameter.grad for parameter in parameters if parameter.grad is not None]
    total = max((float(grad.abs().max()) for grad in grads), default=0.0)
    if total > max_norm:
        for grad in grads:
            grad.mul_(max_norm / total)
    return total
