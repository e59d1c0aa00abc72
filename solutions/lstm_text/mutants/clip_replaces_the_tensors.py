"""Wrong: puts new tensors in the place of the gradients."""

CAUGHT_BY = ("test_clip_gradients_edges", "test_clip_gradients_generator_and_missing")
CAUSES = ("factor *",)


def clip_gradients(parameters: Iterable[Tensor], max_norm: float) -> float:
    kept = [parameter for parameter in parameters if parameter.grad is not None]
    grads = [parameter.grad for parameter in kept]
    total = sum(float(grad.square().sum()) for grad in grads) ** 0.5
    if total > max_norm:
        for parameter in kept:
            parameter.grad = parameter.grad * (max_norm / total)
    return total
