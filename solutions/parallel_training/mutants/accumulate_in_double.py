"""Wrong: everything is computed in float64."""

CAUGHT_BY = ("test_accumulate_other_losses_and_types",)
CAUSES = ("wrong dtype",)


def accumulate_gradients(model, loss_fn, x, y, micro_batches):
    model.zero_grad()
    model.double()
    x, y = x.double(), y.double() if y.is_floating_point() else y
    total = 0.0
    for inputs, targets in zip(x.chunk(micro_batches), y.chunk(micro_batches), strict=True):
        loss = loss_fn(model(inputs), targets) * (len(inputs) / len(x))
        loss.backward()
        total += loss.item()
    return total
