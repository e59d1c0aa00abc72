"""Wrong: goes through the parameters twice, and a generator is empty by then."""

CAUGHT_BY = ("test_clip_gradients_edges", "test_clip_gradients_generator_and_missing")
CAUSES = ("factor *",)


def clip_gradients(parameters: Iterable[Tensor], max_norm: float) -> float:
    total = sum(float(p.grad.square().sum()) for p in parameters if p.grad is not None) ** 0.5
    grads = [p.grad for p in parameters if p.grad is not None]
    if total > max_norm:
        for grad in grads:
            grad.mul_(max_norm / total)
    return total
