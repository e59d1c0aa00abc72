"""Wrong: the mean is float64."""

CAUGHT_BY = ("test_average_leaves_parameters", "test_average_leaves_replicas_apart")
CAUSES = ("wrong dtype",)


def average_gradients(models):
    with torch.no_grad():
        for replicas in zip(*(model.parameters() for model in models), strict=True):
            grads = [p.grad for p in replicas if p.grad is not None]
            if not grads:
                continue
            mean = torch.stack(grads).sum(dim=0) / len(replicas)
            for p in replicas:
                p.grad = None
                p.data = p.data.double()
                p.grad = mean.double()
