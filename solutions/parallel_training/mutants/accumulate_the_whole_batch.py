"""Wrong: there are no parts."""

CAUGHT_BY = ("test_accumulate_in_parts",)


def accumulate_gradients(model, loss_fn, x, y, micro_batches):
    model.zero_grad()
    total = 0.0
    for inputs, targets in [(x, y)]:
        loss = loss_fn(model(inputs), targets) * (len(inputs) / len(x))
        loss.backward()
        total += loss.item()
    return total
