"""Wrong: gradients are read as if they had no gaps."""

CAUGHT_BY = ("test_average_of_networks",)


def average_gradients(models):
    with torch.no_grad():
        for replicas in zip(*(model.parameters() for model in models), strict=True):
            grads = [p.grad for p in replicas if p.grad is not None]
            if not grads:
                continue
            mean = sum(g.as_strided(g.shape, torch.empty(g.shape).stride()) for g in grads) / len(replicas)
            for p in replicas:
                if p.grad is None:
                    p.grad = torch.zeros_like(p)
                p.grad.copy_(mean)
