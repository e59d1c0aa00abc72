"""Wrong: gradients are never cleared."""

CAUGHT_BY = (
    "test_hogwild_of_one_process",
    "test_hogwild_processes_run_together",
    "test_hogwild_returns_when_all_are_done",
    "test_hogwild_shares_one_model",
    "test_hogwild_trains_on_every_shard",
)


def _train_on_shard(rank, model, loss_fn, shards, steps, learning_rate):
    torch.set_num_threads(1)
    x, y = shards[rank]
    optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate)
    for _ in range(steps):
        loss_fn(model(x), y).backward()
        optimizer.step()
