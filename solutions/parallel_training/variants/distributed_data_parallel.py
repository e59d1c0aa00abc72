"""Right: DistributedDataParallel on a TCP store, a spawned pool for hogwild, lines found in blocks of bytes."""

import copy
import socket

from torch.nn.parallel import DistributedDataParallel


class LineDataset(Dataset):
    def __init__(self, path):
        self.path = path
        self.file = None
        starts = [0]
        with open(path, "rb") as file:
            while chunk := file.read(65536):
                base = file.tell() - len(chunk)
                starts += [base + i + 1 for i, byte in enumerate(chunk) if byte == 10]
            if starts[-1] == file.tell():
                starts.pop()
        self.starts = torch.tensor(starts, dtype=torch.int64)

    def __len__(self):
        return len(self.starts)

    def __getitem__(self, index):
        size = len(self)
        if index >= size or index < -size:
            raise IndexError("no such line")
        with open(self.path, encoding="utf-8", newline="\n") as file:
            file.seek(int(self.starts[index]))
            return file.readline().rstrip("\r\n")


def accumulate_gradients(model, loss_fn, x, y, micro_batches):
    parameters = [p for p in model.parameters() if p.requires_grad]
    totals, loss_total = [torch.zeros_like(p) for p in parameters], 0.0
    for indices in torch.arange(len(x), device=x.device).chunk(micro_batches):
        share = len(indices) / len(x)
        loss = loss_fn(model(x[indices]), y[indices])
        for total, grad in zip(totals, torch.autograd.grad(loss, parameters), strict=True):
            total.add_(grad, alpha=share)
        loss_total += share * float(loss.detach())
    for p, total in zip(parameters, totals, strict=True):
        p.grad = total
    return loss_total


def average_gradients(models):
    with torch.no_grad():
        for i in range(len(list(models[0].parameters()))):
            ps = [list(m.parameters())[i] for m in models]
            for p in ps:
                if p.grad is None:
                    p.grad = torch.zeros_like(p)
            mean = torch.stack([p.grad for p in ps]).mean(0)
            for p in ps:
                p.grad.copy_(mean)


def train_one(model, loss_fn, shard, steps, learning_rate):
    x, y = shard
    for _ in range(steps):
        model.zero_grad(set_to_none=True)
        loss_fn(model(x), y).backward()
        for p in model.parameters():
            p.data.add_(p.grad, alpha=-learning_rate)


def hogwild(model, loss_fn, shards, *, steps, learning_rate, processes):
    model.zero_grad(set_to_none=True)
    model.share_memory()
    with mp.get_context("spawn").Pool(processes) as pool:
        jobs = [
            pool.apply_async(train_one, (model, loss_fn, shards[i % len(shards)], steps, learning_rate))
            for i in range(processes)
        ]
        for job in jobs:
            job.get()


def replica(rank, world, port, model, loss_fn, x, y, loss_out, grads_out):
    dist.init_process_group("gloo", init_method=f"tcp://127.0.0.1:{port}", rank=rank, world_size=world)
    ddp = DistributedDataParallel(copy.deepcopy(model))
    ddp.zero_grad()
    rows = [i for i in range(len(x)) if i % world == rank]
    loss = loss_fn(ddp(x[rows]), y[rows]) * (len(rows) / len(x)) if rows else 0 * ddp(x[:1]).sum()
    (loss * world).backward()  # it divides by the number of processes
    total = loss.detach().double()
    dist.all_reduce(total)
    if rank == 0:
        loss_out.fill_(total)
        for out, p in zip(grads_out, ddp.parameters(), strict=True):
            out.copy_(p.grad)
    dist.barrier()  # the group ends with the process: torch may hang where it ends before its DistributedDataParallel


def data_parallel_step(model, loss_fn, x, y, optimizer, world):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    loss_out = torch.zeros(1, dtype=torch.float64).share_memory_()
    grads_out = [torch.zeros_like(p).detach().share_memory_() for p in model.parameters()]
    args = (world, port, model, loss_fn, x, y, loss_out, grads_out)
    mp.start_processes(replica, args=args, nprocs=world, start_method="fork")
    for p, grad in zip(model.parameters(), grads_out, strict=True):
        p.grad = grad
    optimizer.step()
    return float(loss_out)
