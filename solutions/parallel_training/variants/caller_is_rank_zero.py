"""Right: the caller is one of the processes, in hogwild as well as in the gloo group; os.pread; a loop over slices."""


class LineDataset:
    def __init__(self, path):
        self.path = path
        self.spans = []
        position = 0
        with open(path, "rb") as file:
            for line in file:
                self.spans.append((position, len(line)))
                position += len(line)

    def __len__(self):
        return len(self.spans)

    def __getitem__(self, index):
        start, length = self.spans[index]
        descriptor = os.open(self.path, os.O_RDONLY)
        try:
            text = os.pread(descriptor, length, start).decode("utf-8")
        finally:
            os.close(descriptor)
        if text.endswith("\n"):
            text = text[:-1]
        return text[:-1] if text.endswith("\r") else text


def accumulate_gradients(model, loss_fn, x, y, micro_batches):
    n = len(x)
    size = -(-n // micro_batches)
    model.zero_grad(set_to_none=False)
    loss_sum = 0.0
    for start in range(0, n, size):
        xs, ys = x[start : start + size], y[start : start + size]
        loss = loss_fn(model(xs), ys)
        (loss * len(xs) / n).backward()
        loss_sum += loss.item() * len(xs)
    return loss_sum / n


def average_gradients(models):
    count = len(models)
    columns = zip(*(model.parameters() for model in models), strict=True)
    for column in columns:
        present = [p.grad for p in column if p.grad is not None]
        mean = sum(present) / count if present else None
        for p in column:
            p.grad = None if mean is None else mean.clone()


def run_shard(model, loss_fn, x, y, steps, learning_rate, failures):
    try:
        optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate)
        for _ in range(steps):
            optimizer.zero_grad(set_to_none=True)
            loss_fn(model(x), y).backward()
            optimizer.step()
    except BaseException as error:
        failures.put(repr(error))


def hogwild(model, loss_fn, shards, *, steps, learning_rate, processes):
    context = mp.get_context("spawn")
    model.share_memory()
    failures = context.SimpleQueue()
    children = []
    for x, y in shards[1:processes]:
        child = context.Process(target=run_shard, args=(model, loss_fn, x, y, steps, learning_rate, failures))
        child.start()
        children.append(child)
    run_shard(model, loss_fn, *shards[0], steps, learning_rate, failures)
    for child in children:
        child.join()
    if not failures.empty():
        raise RuntimeError(failures.get())


def member(rank, world, path, model, loss_fn, x, y, n):
    dist.init_process_group("gloo", store=dist.FileStore(path, world), rank=rank, world_size=world)
    for p in model.parameters():
        p.grad = torch.zeros_like(p)
    loss = torch.zeros(1, dtype=torch.float64)
    if len(x) > 0:
        part = loss_fn(model(x), y) * (len(x) / n)
        part.backward()
        loss += part.detach()
    dist.all_reduce(loss)
    flat = torch.cat([p.grad.flatten() for p in model.parameters()])
    dist.all_reduce(flat)
    dist.destroy_process_group()
    return loss, flat


def data_parallel_step(model, loss_fn, x, y, optimizer, world):
    xs, ys = torch.tensor_split(x, world), torch.tensor_split(y, world)
    context = mp.get_context("fork" if sys.platform == "linux" else "spawn")
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "filestore")
        children = [
            context.Process(target=member, args=(rank, world, path, model, loss_fn, xs[rank], ys[rank], len(x)))
            for rank in range(1, world)
        ]
        for child in children:
            child.start()
        loss, flat = member(0, world, path, model, loss_fn, xs[0], ys[0], len(x))
        for child in children:
            child.join()
            if child.exitcode != 0:
                raise RuntimeError("a process failed")
    position = 0
    for p in model.parameters():
        p.grad = flat[position : position + p.numel()].view_as(p).clone()
        position += p.numel()
    optimizer.step()
    return float(loss)
