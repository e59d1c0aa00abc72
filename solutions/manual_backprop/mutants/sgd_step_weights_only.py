"""Wrong: leaves the biases where they are."""

CAUGHT_BY = ()


def sgd_step(params, grads, learning_rate):
    for name, p in params.items():
        if name.startswith("w"):
            p -= learning_rate * grads[name]
