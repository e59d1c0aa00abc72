"""Wrong: parameters are averaged as well."""

CAUGHT_BY = ("test_average_leaves_parameters",)


def average_gradients(models):
    with torch.no_grad():
        for replicas in zip(*(model.parameters() for model in models), strict=True):
            grads = [p.grad for p in replicas if p.grad is not None]
            if not grads:
                continue
            mean = torch.stack(grads).sum(dim=0) / len(replicas)
            weights = torch.stack(list(replicas)).mean(dim=0)
            for p in replicas:
                p.copy_(weights)
                if p.grad is None:
                    p.grad = torch.zeros_like(p)
                p.grad.copy_(mean)
