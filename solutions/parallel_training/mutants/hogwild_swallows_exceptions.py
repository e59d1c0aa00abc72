"""Wrong: a process catches what goes wrong."""

CAUGHT_BY = ("test_hogwild_raises_what_a_process_raises",)


def _train_on_shard(rank, model, loss_fn, shards, steps, learning_rate):
    torch.set_num_threads(1)
    x, y = shards[rank]
    optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate)
    try:
        for _ in range(steps):
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
    except RuntimeError as error:
        print(error)
