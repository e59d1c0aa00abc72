"""Wrong: the sum of the parts' means is returned."""

CAUGHT_BY = (
    "test_accumulate_more_parts_than_rows",
    "test_accumulate_other_losses_and_types",
    "test_accumulate_returns_the_loss",
)
CAUSES = ("factor 2",)


def accumulate_gradients(model, loss_fn, x, y, micro_batches):
    model.zero_grad()
    total = 0.0
    for inputs, targets in zip(x.chunk(micro_batches), y.chunk(micro_batches), strict=True):
        loss = loss_fn(model(inputs), targets) * (len(inputs) / len(x))
        loss.backward()
        total += loss.item() * len(x) / len(inputs)
    return total
