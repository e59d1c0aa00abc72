"""Wrong: fails to keep float32."""

CAUGHT_BY = ("test_clip_gradients_edges",)
CAUSES = ("factor *",)


def clip_gradients(parameters: Iterable[Tensor], max_norm: float) -> float:
    kept = list(parameters)
    for parameter in kept:
        if parameter.grad is not None:
            parameter.data = parameter.data.double()
            parameter.grad = parameter.grad.double()
    parameters = kept
    grads = [parameter.grad for parameter in parameters if parameter.grad is not None]
    total = sum(float(grad.square().sum()) for grad in grads) ** 0.5
    if total > max_norm:
        for grad in grads:
            grad.mul_(max_norm / total)
    return total
