"""Wrong: view of gradients that may have gaps."""

CAUGHT_BY = ("test_clip_gradients_generator_and_missing",)


def clip_gradients(parameters: Iterable[Tensor], max_norm: float) -> float:
    grads = [parameter.grad for parameter in parameters if parameter.grad is not None]
    total = sum(float(grad.view(-1).square().sum()) for grad in grads) ** 0.5
    if total > max_norm:
        for grad in grads:
            grad.mul_(max_norm / total)
    return total
