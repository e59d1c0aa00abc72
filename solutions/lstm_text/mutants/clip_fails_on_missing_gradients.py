"""Wrong: expects a gradient everywhere."""

CAUGHT_BY = ("test_clip_gradients_edges", "test_clip_gradients_generator_and_missing")


def clip_gradients(parameters: Iterable[Tensor], max_norm: float) -> float:
    grads = [parameter.grad for parameter in parameters]
    total = sum(float(grad.square().sum()) for grad in grads) ** 0.5
    if total > max_norm:
        for grad in grads:
            grad.mul_(max_norm / total)
    return total
