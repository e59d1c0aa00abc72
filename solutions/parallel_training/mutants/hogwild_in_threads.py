"""Wrong: threads are no processes."""

CAUGHT_BY = ("test_hogwild_processes_run_together",)

from concurrent.futures import ThreadPoolExecutor


def _train_in_thread(rank, model, loss_fn, shards, steps, learning_rate):
    for _ in range(steps):
        grads = torch.autograd.grad(loss_fn(model(shards[rank][0]), shards[rank][1]), list(model.parameters()))
        with torch.no_grad():
            for p, grad in zip(model.parameters(), grads, strict=True):
                p -= learning_rate * grad


def hogwild(model, loss_fn, shards, *, steps, learning_rate, processes):
    model.share_memory()
    arguments = (model, loss_fn, shards, steps, learning_rate)
    with ThreadPoolExecutor(processes) as pool:
        list(pool.map(lambda rank: _train_in_thread(rank, *arguments), range(processes)))
