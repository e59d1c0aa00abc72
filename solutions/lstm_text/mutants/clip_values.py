"""Wrong: clips entries, not the norm."""

CAUGHT_BY = ("test_clip_gradients_edges", "test_clip_gradients_generator_and_missing", "test_clip_gradients_scales")


def clip_gradients(parameters: Iterable[Tensor], max_norm: float) -> float:
    grads = [parameter.grad for parameter in parameters if parameter.grad is not None]
    total = sum(float(grad.square().sum()) for grad in grads) ** 0.5
    if total > max_norm:
        for grad in grads:
            grad.clamp_(-max_norm, max_norm)
    return total
