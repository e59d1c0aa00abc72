"""Wrong: the learning rate is fixed."""

CAUGHT_BY = (
    "test_hogwild_of_one_process",
    "test_hogwild_processes_run_together",
    "test_hogwild_returns_when_all_are_done",
    "test_hogwild_shares_one_model",
    "test_hogwild_trains_on_every_shard",
    "test_hogwild_uses_the_loss_that_it_gets",
)


def _train_on_shard(rank, model, loss_fn, shards, steps, learning_rate):
    torch.set_num_threads(1)
    x, y = shards[rank]
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    for _ in range(steps):
        optimizer.zero_grad()
        loss_fn(model(x), y).backward()
        optimizer.step()
