"""Wrong: a missing gradient is an error."""

CAUGHT_BY = ("test_average_with_all_missing", "test_average_with_some_missing")


def average_gradients(models):
    with torch.no_grad():
        for replicas in zip(*(model.parameters() for model in models), strict=True):
            grads = [p.grad for p in replicas]
            mean = torch.stack(grads).sum(dim=0) / len(replicas)
            for p in replicas:
                if p.grad is None:
                    p.grad = torch.zeros_like(p)
                p.grad.copy_(mean)
