"""Wrong: the new gradient is added to the old one."""

CAUGHT_BY = ("test_step_after_step_with_momentum", "test_step_forgets_old_gradients")
CAUSES = ("constant offset",)


def data_parallel_step(model, loss_fn, x, y, optimizer, world):
    parameters = [p for p in model.parameters() if p.requires_grad]
    loss, used = torch.zeros((), dtype=torch.float64), torch.zeros(len(parameters))
    results = [loss, used, *(torch.zeros_like(p, requires_grad=False) for p in parameters)]
    for result in results:
        result.share_memory_()
    with tempfile.TemporaryDirectory() as folder:
        arguments = (world, os.path.join(folder, "store"), model, loss_fn, x, y, results)
        mp.start_processes(_join_step, args=arguments, nprocs=world, start_method=START_METHOD)
    for p, grad, was_used in zip(parameters, results[2:], used.tolist(), strict=True):
        p.grad = grad.clone() if p.grad is None else p.grad + grad
    optimizer.step()
    return loss.item()
