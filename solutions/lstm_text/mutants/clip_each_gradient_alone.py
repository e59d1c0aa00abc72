"""Wrong: clips each gradient by its own norm."""

CAUGHT_BY = ("test_clip_gradients_edges", "test_clip_gradients_generator_and_missing", "test_clip_gradients_scales")
CAUSES = ("factor *",)


def clip_gradients(parameters: Iterable[Tensor], max_norm: float) -> float:
    grads = [parameter.grad for parameter in parameters if parameter.grad is not None]
    total = sum(float(grad.square().sum()) for grad in grads) ** 0.5
    for grad in grads:
        grad.mul_(min(1.0, max_norm / max(float(grad.norm()), 1e-12)))
    return total
