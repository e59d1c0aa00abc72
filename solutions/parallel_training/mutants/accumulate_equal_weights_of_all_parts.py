"""Wrong: each part counts 1 / micro_batches."""

CAUGHT_BY = (
    "test_accumulate_forgets_old_gradients",
    "test_accumulate_more_parts_than_rows",
    "test_accumulate_other_losses_and_types",
    "test_accumulate_returns_the_loss",
    "test_accumulate_unequal_parts",
)
CAUSES = ("factor 0.6",)


def accumulate_gradients(model, loss_fn, x, y, micro_batches):
    model.zero_grad()
    total = 0.0
    for inputs, targets in zip(x.chunk(micro_batches), y.chunk(micro_batches), strict=True):
        loss = loss_fn(model(inputs), targets) / micro_batches
        loss.backward()
        total += loss.item()
    return total
