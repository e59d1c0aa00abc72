"""Wrong: scales the first gradient only."""

CAUGHT_BY = ("test_clip_gradients_edges", "test_clip_gradients_generator_and_missing", "test_clip_gradients_scales")
CAUSES = ("factor *",)


def clip_gradients(parameters: Iterable[Tensor], max_norm: float) -> float:
    grads = [parameter.grad for parameter in parameters if parameter.grad is not None]
    total = sum(float(grad.square().sum()) for grad in grads) ** 0.5
    if total > max_norm:
        for grad in grads[:1]:
            grad.mul_(max_norm / total)
    return total
