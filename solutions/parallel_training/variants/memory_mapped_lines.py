"""Right: a memory-mapped file, forked processes with pipes for errors, gradients gathered by rank 0."""

import mmap
import pickle
import traceback


class LineDataset(Dataset):
    def __init__(self, path):
        self._path = os.fspath(path)
        self._open()
        self._ends = []
        position = 0
        while self._map is not None and position < len(self._map):
            end = self._map.find(b"\n", position)
            end = len(self._map) if end < 0 else end + 1
            self._ends.append(end)
            position = end

    def _open(self):
        with open(self._path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if size else None

    def __getstate__(self):
        return self._path, self._ends

    def __setstate__(self, state):
        self._path, self._ends = state
        self._open()

    def __len__(self):
        return len(self._ends)

    def __getitem__(self, index):
        size = len(self._ends)
        if index < -size or index >= size:
            raise IndexError(f"index {index} is out of range for {size} lines")
        index %= size
        start = self._ends[index - 1] if index else 0
        line = self._map[start : self._ends[index]]
        for ending in (b"\r\n", b"\n"):
            if line.endswith(ending):
                line = line[: -len(ending)]
                break
        return str(line, "utf-8")


def average_gradients(models):
    parameters = [list(model.parameters()) for model in models]
    for p, *others in zip(*parameters, strict=True):
        grads = [q.grad for q in (p, *others) if q.grad is not None]
        if grads:
            mean = grads[0].clone()
            for grad in grads[1:]:
                mean.add_(grad)
            mean.div_(len(models))
            for q in (p, *others):
                q.grad = mean.clone()


def report(pipe, function, *args):
    try:
        result = function(*args)
        pipe.send_bytes(pickle.dumps((True, result)))
    except Exception:
        pipe.send_bytes(pickle.dumps((False, traceback.format_exc())))
    finally:
        pipe.close()


def in_processes(function, all_args):
    context = mp.get_context("fork")
    jobs = []
    for args in all_args:
        ours, theirs = context.Pipe(duplex=False)
        child = context.Process(target=report, args=(theirs, function, *args), daemon=True)
        child.start()
        theirs.close()
        jobs.append((child, ours))
    answers = [pickle.loads(pipe.recv_bytes()) for _, pipe in jobs]
    for child, _ in jobs:
        child.join()
    for fine, result in answers:
        if not fine:
            raise RuntimeError(result)
    return [result for _, result in answers]


def descend(model, loss_fn, shard, steps, learning_rate):
    torch.set_num_threads(1)
    optimizer = torch.optim.SGD(model.parameters(), learning_rate)
    for _ in range(steps):
        optimizer.zero_grad()
        loss = loss_fn(model(shard[0]), shard[1])
        loss.backward()
        optimizer.step()


def hogwild(model, loss_fn, shards, *, steps, learning_rate, processes):
    for p in model.parameters():
        p.grad = None
        p.data.share_memory_()
    in_processes(descend, [(model, loss_fn, shards[i], steps, learning_rate) for i in range(processes)])


def part_of_step(rank, world, path, model, loss_fn, xs, ys):
    torch.set_num_threads(1)
    model.zero_grad(set_to_none=True)
    loss = loss_fn(model(xs), ys) if len(xs) else None
    if loss is not None:
        loss.backward()
    dist.init_process_group("gloo", init_method="file://" + path, rank=rank, world_size=world)
    mine = [len(xs), 0.0 if loss is None else loss.item()]
    mine.append([None if p.grad is None else p.grad for p in model.parameters()])
    gathered = [None] * world if rank == 0 else None
    dist.gather_object(mine, gathered, dst=0)
    dist.barrier()
    dist.destroy_process_group()
    if rank != 0:
        return None
    rows = sum(n for n, _, _ in gathered)
    grads = []
    for i, p in enumerate(model.parameters()):
        total = torch.zeros_like(p)
        for n, _, theirs in gathered:
            if theirs[i] is not None:
                total += theirs[i] * (n / rows)
        grads.append(total.detach().numpy())
    return sum(n * value for n, value, _ in gathered) / rows, grads


def data_parallel_step(model, loss_fn, x, y, optimizer, world):
    size = max(1, -(-len(x) // world))
    path = tempfile.mktemp()
    parts = [(x[r * size : (r + 1) * size], y[r * size : (r + 1) * size]) for r in range(world)]
    results = in_processes(part_of_step, [(r, world, path, model, loss_fn, *parts[r]) for r in range(world)])
    if os.path.exists(path):
        os.unlink(path)
    loss, grads = results[0]
    optimizer.zero_grad()
    for p, grad in zip(model.parameters(), grads, strict=True):
        p.grad = torch.from_numpy(grad)
    optimizer.step()
    return loss
