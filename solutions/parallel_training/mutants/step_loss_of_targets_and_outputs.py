"""Wrong: targets and outputs are exchanged in the loss."""

CAUGHT_BY = ("test_step_of_one_process",)


def _join_step(
    rank: int, world: int, store: str, model: nn.Module, loss_fn: Loss, x: Tensor, y: Tensor, results: list[Tensor]
) -> None:
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{store}", rank=rank, world_size=world)
    parameters = [p for p in model.parameters() if p.requires_grad]
    loss, used, *grads = [torch.zeros_like(result) for result in results]
    mine = slice(rank * len(x) // world, (rank + 1) * len(x) // world)
    if len(x[mine]):
        part = loss_fn(y[mine], model(x[mine])) * (len(x[mine]) / len(x))
        loss.copy_(part.detach())
        found = torch.autograd.grad(part, parameters, allow_unused=True)
        for i in [i for i, grad in enumerate(found) if grad is not None]:
            used[i] = 1
            grads[i].copy_(found[i])
    for tensor, result in zip([loss, used, *grads], results, strict=True):
        dist.all_reduce(tensor)
        if rank == 0:
            result.copy_(tensor)
    dist.destroy_process_group()
