"""Right: torch.multiprocessing.spawn, MASTER_ADDR and MASTER_PORT, an open file for each process, tensor_split."""

import socket


class LineDataset(torch.utils.data.Dataset):
    def __init__(self, path):
        self.path = str(path)
        self.offsets = [0]
        with open(self.path, "rb") as file:
            while file.readline():
                self.offsets.append(file.tell())
        self.offsets.pop()
        self.file, self.owner = None, None

    def __len__(self):
        return len(self.offsets)

    def __getitem__(self, index):
        if index < 0:
            index += len(self.offsets)
        if index < 0 or index >= len(self.offsets):
            raise IndexError(index)
        if self.owner != os.getpid():
            self.file, self.owner = open(self.path, "rb"), os.getpid()
        self.file.seek(self.offsets[index])
        return self.file.readline().decode().rstrip("\r\n")

    def __getstate__(self):
        return {**self.__dict__, "file": None, "owner": None}


def accumulate_gradients(model, loss_fn, x, y, micro_batches):
    for p in model.parameters():
        p.grad = None
    losses = []
    for xs, ys in zip(torch.tensor_split(x, micro_batches), torch.tensor_split(y, micro_batches), strict=True):
        if xs.shape[0] == 0:
            continue
        loss = loss_fn(model(xs), ys) * xs.shape[0] / x.shape[0]
        loss.backward()
        losses.append(loss.detach())
    return float(sum(losses))


def average_gradients(models):
    for ps in zip(*[list(m.parameters()) for m in models], strict=True):
        if all(p.grad is None for p in ps):
            continue
        total = torch.zeros_like(ps[0])
        for p in ps:
            if p.grad is not None:
                total += p.grad
        for p in ps:
            p.grad = total / len(models)


def hogwild_worker(rank, model, loss_fn, shards, steps, learning_rate):
    x, y = shards[rank]
    for _ in range(steps):
        grads = torch.autograd.grad(loss_fn(model(x), y), list(model.parameters()))
        with torch.no_grad():
            for p, g in zip(model.parameters(), grads, strict=True):
                p -= learning_rate * g


def hogwild(model, loss_fn, shards, *, steps, learning_rate, processes):
    for p in model.parameters():
        p.grad = None
    model.share_memory()
    mp.spawn(hogwild_worker, args=(model, loss_fn, list(shards), steps, learning_rate), nprocs=processes, join=True)


def ddp_worker(rank, world, port, model, loss_fn, x, y, queue, done):
    os.environ["MASTER_ADDR"] = "localhost"
    os.environ["MASTER_PORT"] = str(port)
    dist.init_process_group("gloo", rank=rank, world_size=world)
    model.zero_grad()
    n = x.shape[0]
    xs, ys = x[rank::world], y[rank::world]
    loss = torch.zeros(())
    if xs.shape[0] > 0:
        loss = loss_fn(model(xs), ys) * (xs.shape[0] / n)
        loss.backward()
    loss = loss.detach().double()
    dist.all_reduce(loss, op=dist.ReduceOp.SUM)
    for p in model.parameters():
        if p.grad is None:
            p.grad = torch.zeros_like(p)
        dist.all_reduce(p.grad, op=dist.ReduceOp.SUM)
    if rank == 0:
        queue.put((loss.item(), [p.grad.numpy() for p in model.parameters()]))
        done.wait()
    dist.barrier()
    dist.destroy_process_group()


def data_parallel_step(model, loss_fn, x, y, optimizer, world):
    with socket.socket() as s:
        s.bind(("", 0))
        port = s.getsockname()[1]
    context = mp.get_context("spawn")
    queue, done = context.Queue(), context.Event()
    running = mp.spawn(ddp_worker, args=(world, port, model, loss_fn, x, y, queue, done), nprocs=world, join=False)
    loss, grads = queue.get()
    done.set()
    while not running.join():
        pass
    for p, g in zip(model.parameters(), grads, strict=True):
        p.grad = torch.from_numpy(g).clone()
    optimizer.step()
    return loss
