"""Wrong: old gradients are not cleared."""

CAUGHT_BY = ("test_accumulate_forgets_old_gradients",)


def accumulate_gradients(model, loss_fn, x, y, micro_batches):
    total = 0.0
    for inputs, targets in zip(x.chunk(micro_batches), y.chunk(micro_batches), strict=True):
        loss = loss_fn(model(inputs), targets) * (len(inputs) / len(x))
        loss.backward()
        total += loss.item()
    return total
