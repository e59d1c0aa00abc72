"""Wrong: multiplies the gradients by the learning rate in place."""

CAUGHT_BY = ()


def sgd_step(params, grads, learning_rate):
    for name, p in params.items():
        step = grads[name]
        step *= learning_rate
        p -= step
