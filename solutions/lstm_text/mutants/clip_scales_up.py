"""Wrong: scales small gradients up to max_norm."""

CAUGHT_BY = ("test_clip_gradients_keeps_small_ones",)
CAUSES = ("factor *",)


def clip_gradients(parameters: Iterable[Tensor], max_norm: float) -> float:
    grads = [parameter.grad for parameter in parameters if parameter.grad is not None]
    total = sum(float(grad.square().sum()) for grad in grads) ** 0.5
    if total > 0:
        for grad in grads:
            grad.mul_(max_norm / total)
    return total
