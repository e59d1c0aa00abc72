"""Wrong: divides by a norm of zero."""

CAUGHT_BY = ("test_clip_gradients_edges",)


def clip_gradients(parameters: Iterable[Tensor], max_norm: float) -> float:
    grads = [parameter.grad for parameter in parameters if parameter.grad is not None]
    total = sum(float(grad.square().sum()) for grad in grads) ** 0.5
    scale = min(1.0, max_norm / total)
    for grad in grads:
        grad.mul_(scale)
    return total
