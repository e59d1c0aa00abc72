"""Wrong: goes up the gradient."""

CAUGHT_BY = ()


def sgd_step(params, grads, learning_rate):
    for name, p in params.items():
        p += learning_rate * grads[name]
