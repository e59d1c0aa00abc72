"""Wrong: rows that make no whole part are left out."""

CAUGHT_BY = (
    "test_accumulate_forgets_old_gradients",
    "test_accumulate_other_losses_and_types",
    "test_accumulate_returns_the_loss",
    "test_accumulate_unequal_parts",
)


def accumulate_gradients(model, loss_fn, x, y, micro_batches):
    model.zero_grad()
    total = 0.0
    for inputs, targets in zip(
        *(
            t[: max(1, len(x) // micro_batches) * min(micro_batches, len(x))].split(max(1, len(x) // micro_batches))
            for t in (x, y)
        ),
        strict=True,
    ):
        loss = loss_fn(model(inputs), targets) * (len(inputs) / len(x))
        loss.backward()
        total += loss.item()
    return total
