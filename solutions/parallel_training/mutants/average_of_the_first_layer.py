"""Wrong: only the first layer is averaged."""

CAUGHT_BY = ("test_average_of_networks",)


def average_gradients(models):
    with torch.no_grad():
        for replicas in list(zip(*(model.parameters() for model in models), strict=True))[:2]:
            grads = [p.grad for p in replicas if p.grad is not None]
            if not grads:
                continue
            mean = torch.stack(grads).sum(dim=0) / len(replicas)
            for p in replicas:
                if p.grad is None:
                    p.grad = torch.zeros_like(p)
                p.grad.copy_(mean)
