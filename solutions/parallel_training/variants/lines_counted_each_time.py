"""Right: lines are found by counting, gradients by hand, and gloo's processes come from a fork server."""

import itertools
import multiprocessing
from concurrent.futures import ProcessPoolExecutor


class LineDataset(Dataset):
    def __init__(self, path):
        self.path = path
        with open(path, encoding="utf-8", newline="\n") as file:
            self.count = sum(1 for _ in file)

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        index = range(self.count)[index]
        with open(self.path, encoding="utf-8", newline="\n") as file:
            line = next(itertools.islice(file, index, None))
        return line.removesuffix("\n").removesuffix("\r")


def accumulate_gradients(model, loss_fn, x, y, micro_batches):
    model.zero_grad()
    n, done, mean = x.shape[0], 0, 0.0
    sizes = [n // micro_batches + (i < n % micro_batches) for i in range(micro_batches)]
    for size in filter(None, sizes):
        loss = loss_fn(model(x.narrow(0, done, size)), y.narrow(0, done, size))
        loss.backward(torch.full_like(loss, size / n))
        mean += loss.item() * size / n
        done += size
    return mean


def average_gradients(models):
    world = len(models)
    for group in zip(*(m.parameters() for m in models), strict=True):
        if not any(p.grad is not None for p in group):
            continue
        shape = group[0]
        mean = sum((p.grad if p.grad is not None else torch.zeros_like(shape)) for p in group).div(world)
        for p in group:
            if p.grad is None:
                p.grad = mean.detach().clone()
            else:
                p.grad.data = mean.detach().clone()


def steps_on_shard(model, loss_fn, x, y, steps, learning_rate):
    sgd = torch.optim.SGD(model.parameters(), lr=learning_rate)
    for _ in range(steps):
        sgd.zero_grad()
        loss_fn(model(x), y).backward()
        sgd.step()


def hogwild(model, loss_fn, shards, *, steps, learning_rate, processes):
    model.share_memory()
    context = mp.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context) as pool:
        futures = [pool.submit(steps_on_shard, model, loss_fn, x, y, steps, learning_rate) for x, y in shards]
        for future in futures:
            future.result()


def contribute(rank, world, path, model, loss_fn, x, y, total, results):
    dist.init_process_group(backend="gloo", init_method=f"file://{path}", world_size=world, rank=rank)
    losses = torch.zeros(1, dtype=torch.float64)
    model.zero_grad()
    for i in range(rank, total, world):
        loss = loss_fn(model(x[i : i + 1]), y[i : i + 1]) / total
        loss.backward()
        losses += loss.detach()
    for p in model.parameters():
        if p.grad is None:
            p.grad = torch.zeros_like(p)
        dist.reduce(p.grad, dst=0)
    dist.reduce(losses, dst=0)
    if rank == 0:
        results[0].copy_(losses)
        for result, p in zip(results[1:], model.parameters(), strict=True):
            result.copy_(p.grad)
    dist.destroy_process_group()


def data_parallel_step(model, loss_fn, x, y, optimizer, world):
    methods = multiprocessing.get_all_start_methods()
    context = mp.get_context("forkserver" if "forkserver" in methods else "spawn")
    results = [torch.zeros(1, dtype=torch.float64), *(torch.zeros_like(p) for p in model.parameters())]
    for result in results:
        result.detach_().share_memory_()
    with tempfile.TemporaryDirectory() as folder:
        path = folder + "/rendezvous"
        args = [(r, world, path, model, loss_fn, x, y, len(x), results) for r in range(world)]
        workers = [context.Process(target=contribute, args=a) for a in args]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert all(worker.exitcode == 0 for worker in workers)
    for p, grad in zip(model.parameters(), results[1:], strict=True):
        p.grad = grad
    optimizer.step()
    return results[0].item()
