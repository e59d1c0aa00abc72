"""Wrong: every process trains on the first shard."""

CAUGHT_BY = ("test_hogwild_raises_what_a_process_raises", "test_hogwild_trains_on_every_shard")


def _train_on_shard(rank, model, loss_fn, shards, steps, learning_rate):
    torch.set_num_threads(1)
    x, y = shards[0]
    optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate)
    for _ in range(steps):
        optimizer.zero_grad()
        loss_fn(model(x), y).backward()
        optimizer.step()
