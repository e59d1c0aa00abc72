"""Wrong: micro_batches is taken for the size of a part."""

CAUGHT_BY = ("test_accumulate_in_parts",)


def accumulate_gradients(model, loss_fn, x, y, micro_batches):
    model.zero_grad()
    total = 0.0
    for inputs, targets in zip(x.split(micro_batches), y.split(micro_batches), strict=True):
        loss = loss_fn(model(inputs), targets) * (len(inputs) / len(x))
        loss.backward()
        total += loss.item()
    return total
