"""Wrong: the loss is multiplied by the number of outputs."""

CAUGHT_BY = (
    "test_hogwild_of_one_process",
    "test_hogwild_uses_the_loss_that_it_gets",
)


def _train_on_shard(rank, model, loss_fn, shards, steps, learning_rate):
    torch.set_num_threads(1)
    x, y = shards[rank]
    optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate)
    for _ in range(steps):
        optimizer.zero_grad()
        (loss_fn(model(x), y) * y[0].numel() * 2).backward()
        optimizer.step()
