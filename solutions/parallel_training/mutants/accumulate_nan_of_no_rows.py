"""Wrong: parts without rows make everything NaN."""

CAUGHT_BY = ("test_accumulate_more_parts_than_rows",)
CAUSES = ("NaN",)


def accumulate_gradients(model, loss_fn, x, y, micro_batches):
    model.zero_grad()
    total = 0.0
    for inputs, targets in zip(x.tensor_split(micro_batches), y.tensor_split(micro_batches), strict=True):
        loss = loss_fn(model(inputs), targets) * (len(inputs) / len(x))
        loss.backward()
        total += loss.item()
    return total
