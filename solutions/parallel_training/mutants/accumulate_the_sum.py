"""Wrong: the gradient of the sum of the parts' means."""

CAUGHT_BY = (
    "test_accumulate_equal_parts",
    "test_accumulate_forgets_old_gradients",
    "test_accumulate_in_parts",
    "test_accumulate_more_parts_than_rows",
    "test_accumulate_other_losses_and_types",
    "test_accumulate_returns_the_loss",
    "test_accumulate_unequal_parts",
)
CAUSES = ("factor 2", "factor 3", "factor 4")


def accumulate_gradients(model, loss_fn, x, y, micro_batches):
    model.zero_grad()
    total = 0.0
    for inputs, targets in zip(x.chunk(micro_batches), y.chunk(micro_batches), strict=True):
        loss = loss_fn(model(inputs), targets)
        loss.backward()
        total += loss.item()
    return total
