"""Wrong: the loss is always the squared error."""

CAUGHT_BY = ("test_accumulate_other_losses_and_types",)


def accumulate_gradients(model, loss_fn, x, y, micro_batches):
    model.zero_grad()
    total = 0.0
    for inputs, targets in zip(x.chunk(micro_batches), y.chunk(micro_batches), strict=True):
        loss = (
            (model(inputs) - (targets if targets.dim() == 2 else nn.functional.one_hot(targets, 4))) ** 2
        ).mean() * (len(inputs) / len(x))
        loss.backward()
        total += loss.item()
    return total
