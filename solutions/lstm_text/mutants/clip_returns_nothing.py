"""Wrong: returns nothing."""

CAUGHT_BY = (
    "test_clip_gradients_edges",
    "test_clip_gradients_generator_and_missing",
    "test_clip_gradients_keeps_small_ones",
    "test_clip_gradients_scales",
)


def clip_gradients(parameters: Iterable[Tensor], max_norm: float) -> float:
    grads = [parameter.grad for parameter in parameters if parameter.grad is not None]
    total = sum(float(grad.square().sum()) for grad in grads) ** 0.5
    if total > max_norm:
        for grad in grads:
            grad.mul_(max_norm / total)
    return None
