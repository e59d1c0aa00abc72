"""Wrong: each process trains a copy and writes it back at the end."""

CAUGHT_BY = ("test_hogwild_trains_on_every_shard",)

import copy


def _train_on_shard(rank, model, loss_fn, shards, steps, learning_rate):
    torch.set_num_threads(1)
    shared, model = model, copy.deepcopy(model)
    x, y = shards[rank]
    optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate)
    for _ in range(steps):
        optimizer.zero_grad()
        loss_fn(model(x), y).backward()
        optimizer.step()
    with torch.no_grad():
        for p, mine in zip(shared.parameters(), model.parameters(), strict=True):
            p.copy_(mine)
