"""Wrong: the sum is halved."""

CAUGHT_BY = (
    "test_average_leaves_replicas_apart",
    "test_average_of_networks",
    "test_average_of_one_and_of_two",
    "test_average_of_three",
    "test_average_with_all_missing",
    "test_average_with_some_missing",
)
CAUSES = ("factor 1.5", "factor 1/2", "factor 2.5")


def average_gradients(models):
    with torch.no_grad():
        for replicas in zip(*(model.parameters() for model in models), strict=True):
            grads = [p.grad for p in replicas if p.grad is not None]
            if not grads:
                continue
            mean = torch.stack(grads).sum(dim=0) / 2
            for p in replicas:
                if p.grad is None:
                    p.grad = torch.zeros_like(p)
                p.grad.copy_(mean)
