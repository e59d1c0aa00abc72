"""Wrong: targets and outputs are exchanged in the loss."""

CAUGHT_BY = ("test_hogwild_uses_the_loss_that_it_gets",)


def _train_on_shard(
    rank: int,
    model: nn.Module,
    loss_fn: Loss,
    shards: Sequence[tuple[Tensor, Tensor]],
    steps: int,
    learning_rate: float,
) -> None:
    torch.set_num_threads(1)
    x, y = shards[rank]
    optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate)
    for _ in range(steps):
        optimizer.zero_grad()
        loss_fn(y, model(x)).backward()
        optimizer.step()
