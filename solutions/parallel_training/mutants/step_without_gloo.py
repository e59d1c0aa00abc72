"""Wrong: gradients are added up in shared memory under a lock, without a group."""

CAUGHT_BY = ("test_step_is_shared_by_a_gloo_group",)

import fcntl


def _join_step(rank, world, store, model, loss_fn, x, y, results):
    torch.set_num_threads(1)
    parameters = [p for p in model.parameters() if p.requires_grad]
    loss, used, *grads = [torch.zeros_like(result) for result in results]
    mine = slice(rank * len(x) // world, (rank + 1) * len(x) // world)
    if len(x[mine]):
        part = loss_fn(model(x[mine]), y[mine]) * (len(x[mine]) / len(x))
        loss.copy_(part.detach())
        found = torch.autograd.grad(part, parameters, allow_unused=True)
        for i in [i for i, grad in enumerate(found) if grad is not None]:
            used[i] = 1
            grads[i].copy_(found[i])
    for tensor, result in zip([loss, used, *grads], results, strict=True):
        with open(store, "a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            result.add_(tensor)
